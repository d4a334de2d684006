"""OTLP over HTTP, by the standard library: one connection, kept open."""

import email.utils
import gzip
import http.client
import json
import ssl
import time
from typing import Any, Final

from toolspan.exporters.send._files import UsageError
from toolspan.exporters.send._partial import partial_success
from toolspan.exporters.send._records import Encoding, JsonEncoding, Signal
from toolspan.exporters.send._transports import (
    Accepted,
    RefusedError,
    RetryableError,
    Settings,
    TooLargeError,
    UnusableError,
)

# The OTLP specification names these; every other 4xx and 5xx is final.
_RETRYABLE: Final = frozenset({429, 502, 503, 504})
_UNUSABLE: Final = frozenset({401, 403, 404, 405, 407, 501})
_MISSING: Final = frozenset({404, 405, 501})


class HttpTransport:
    """Sends requests by POST to `/v1/traces` and `/v1/logs`."""

    def __init__(self, settings: Settings, encoding: Encoding) -> None:
        """Prepare the connection; it is opened with the first request.

        Raises:
            UsageError: a certificate cannot be read.
        """
        self.encoding = encoding
        self._settings = settings
        self._connection: http.client.HTTPConnection | None = None
        self._tls = _tls(settings) if settings.is_encrypted else None
        self._headers = {
            "Content-Type": encoding.content_type,
            "User-Agent": "toolspan-send",
            **({"Content-Encoding": "gzip"} if settings.use_gzip else {}),
            **settings.headers,
        }

    def send(self, signal: Signal, body: bytes) -> Accepted:
        """Send one request; see `Transport`."""
        if self._settings.use_gzip:
            body = gzip.compress(body, compresslevel=1)
        connection = self._connection or self._connect()
        self._connection = connection
        try:
            connection.request("POST", f"{self._settings.path}/v1/{signal}", body, self._headers)
            answer = connection.getresponse()
            content = answer.read()
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise UnusableError(f"its certificate is not trusted: {error.verify_message}") from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise RetryableError(_spoken(error)) from None
        if answer.status == http.HTTPStatus.OK:
            return self._accepted(content)
        raise _refusal(answer, content)

    def close(self) -> None:
        """End the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        to = self._settings
        if self._tls is None:
            return http.client.HTTPConnection(to.host, to.port, timeout=to.timeout_s)
        return http.client.HTTPSConnection(
            to.host, to.port, timeout=to.timeout_s, context=self._tls
        )

    def _accepted(self, content: bytes) -> Accepted:
        if not isinstance(self.encoding, JsonEncoding):
            return partial_success(content)
        try:
            document: Any = json.loads(content or b"{}")
            partial = document.get("partialSuccess") or {}
            rejected = partial.get("rejectedSpans") or partial.get("rejectedLogRecords") or 0
            return Accepted(int(rejected), str(partial.get("errorMessage") or ""))
        except (ValueError, AttributeError, TypeError):
            return Accepted()  # 200 is yes, whatever stands in the body


def _tls(settings: Settings) -> ssl.SSLContext:
    """Whom to trust, and who we are.

    Raises:
        UsageError: a certificate or key cannot be read.
    """
    file = settings.certificate
    try:
        context = ssl.create_default_context(cafile=file)
        if settings.client_certificate is not None:
            file = settings.client_certificate
            context.load_cert_chain(file, settings.client_key)
    except ssl.SSLError:
        raise UsageError(f"{file}: not a certificate (and its key) in PEM form") from None
    except OSError as error:
        raise UsageError(f"{error.filename or file}: {error.strerror}") from None
    return context


def _refusal(answer: http.client.HTTPResponse, content: bytes) -> Exception:
    status = answer.status
    said = " ".join(content.decode("utf-8", "replace").split())
    printable = "".join(letter for letter in said if letter.isprintable())[:200]
    message = f"{status} {answer.reason}" + (f": {printable}" if printable else "")
    if status in _RETRYABLE:
        return RetryableError(message, _seconds(answer.headers.get("Retry-After")))
    if status == http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLargeError(message)
    if status in _UNUSABLE:
        return UnusableError(message, is_missing_service=status in _MISSING)
    return RefusedError(message)


def _seconds(retry_after: str | None) -> float | None:
    """What a `Retry-After` header says: seconds, or a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        date = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())


def _spoken(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
