"""One request and its answer, whatever the protocol."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from toolspan.exporters.send._records import Encoding, Signal


@dataclass(frozen=True, slots=True)
class Accepted:
    """The endpoint took the request, but for `rejected` records (partial success)."""

    rejected: int = 0
    message: str = ""


class RetryableError(Exception):
    """The endpoint may take the same request later; not before `after_s` seconds if it said so."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class TooLargeError(Exception):
    """The request is larger than the endpoint takes."""


class RefusedError(Exception):
    """The endpoint will never take this request."""


class UnusableError(Exception):
    """The endpoint takes no request of ours: no access, or no such service."""

    def __init__(self, message: str, *, is_missing_service: bool = False) -> None:
        super().__init__(message)
        self.is_missing_service = is_missing_service


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach an endpoint.

    Attributes:
        host, port: where it is.
        path: what stands before `/v1/traces`, for HTTP.
        is_encrypted: TLS.
        headers: sent with each request.
        use_gzip: compress the request.
        timeout_s: for one request.
        certificate, client_certificate, client_key: PEM files for TLS.
    """

    host: str
    port: int
    path: str = ""
    is_encrypted: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    use_gzip: bool = False
    timeout_s: float = 10.0
    certificate: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


class Transport(Protocol):
    """A connection to an endpoint."""

    @property
    def encoding(self) -> Encoding:
        """How the records of a request are written."""
        ...

    def send(self, signal: Signal, body: bytes) -> Accepted:
        """Send one request.

        Raises:
            RetryableError: the same request may succeed later.
            TooLargeError: a smaller one may succeed.
            RefusedError: this one never will.
            UnusableError: none will.
        """
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class DryTransport:
    """Sends nothing: counts the requests there would be."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.requests = 0
        self.size_bytes = 0

    def send(self, signal: Signal, body: bytes) -> Accepted:  # noqa: ARG002  # as `Transport`
        """Count it; see `Transport`."""
        self.requests += 1
        self.size_bytes += len(body)
        return Accepted()

    def close(self) -> None:
        """Nothing is open."""
