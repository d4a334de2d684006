"""Where to send, and how: from the options and the standard variables."""

import argparse
import ipaddress
import urllib.parse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from toolspan.exporters.send._files import UsageError
from toolspan.exporters.send._http import HttpTransport
from toolspan.exporters.send._records import JsonEncoding, ProtobufEncoding
from toolspan.exporters.send._transports import DryTransport, Settings, Transport

GRPC, HTTP_PROTOBUF, HTTP_JSON = "grpc", "http/protobuf", "http/json"
PROTOCOLS: Final = (GRPC, HTTP_PROTOBUF, HTTP_JSON)
_GRPC_PORT: Final = 4317
_HTTP_PORT: Final = 4318
_DEFAULT_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OTLP endpoint; as text, the way a person would write it."""

    protocol: str
    settings: Settings

    @classmethod
    def of(cls, options: argparse.Namespace, environ: Mapping[str, str]) -> Self:
        """What the options say, else the environment, else the standard's defaults.

        Variables of one signal go before those of all. Both signals take the same way here, so
        they are those of traces, or of logs where only events are sent.

        Raises:
            UsageError: it is no endpoint, protocol, header or number.
        """
        signal = "LOGS" if options.only == "events" else "TRACES"

        def variable(name: str) -> str:
            of_signal = environ.get(f"OTEL_EXPORTER_OTLP_{signal}_{name}", "").strip()
            return of_signal or environ.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()

        protocol = options.protocol or variable("PROTOCOL")
        if protocol and protocol not in PROTOCOLS:
            raise UsageError(f"expected a protocol of {', '.join(PROTOCOLS)}, found {protocol!r}")
        given = options.endpoint or variable("ENDPOINT")
        if not given:
            port = _GRPC_PORT if protocol == GRPC else _HTTP_PORT
            given = f"http://localhost:{port}"
        host, given_port, path, is_encrypted = _parts(given)
        if not protocol:
            protocol = GRPC if given_port == _GRPC_PORT else HTTP_PROTOBUF
        headers = dict(_header(pair) for pair in variable("HEADERS").split(",") if pair.strip())
        headers |= dict(_header(pair, is_encoded=False) for pair in options.header or ())
        return cls(
            protocol,
            Settings(
                host=host,
                port=given_port or _default_port(protocol, is_encrypted=is_encrypted),
                path="" if protocol == GRPC else path,
                is_encrypted=is_encrypted,
                headers=headers,
                use_gzip=(options.compression or variable("COMPRESSION")) == "gzip",
                timeout_s=options.timeout or _seconds(variable("TIMEOUT")),
                certificate=_path(variable("CERTIFICATE")),
                client_certificate=_path(variable("CLIENT_CERTIFICATE")),
                client_key=_path(variable("CLIENT_KEY")),
            ),
        )

    def __str__(self) -> str:
        to = self.settings
        scheme = "https" if to.is_encrypted else "http"
        host = f"[{to.host}]" if ":" in to.host else to.host
        return f"{scheme}://{host}:{to.port}{to.path} ({self.protocol})"


def dry_transport_to(endpoint: Endpoint) -> DryTransport:
    """Encodes and counts as a connection to the endpoint would."""
    is_json = endpoint.protocol == HTTP_JSON
    return DryTransport(JsonEncoding() if is_json else ProtobufEncoding())


def transport_to(endpoint: Endpoint) -> Transport:
    """A connection to the endpoint; nothing is sent yet.

    Raises:
        UsageError: its protocol needs something that is not installed.
    """
    if endpoint.protocol == GRPC:
        from toolspan.exporters.send._grpc import GrpcTransport  # an extra

        return GrpcTransport(endpoint.settings)
    is_json = endpoint.protocol == HTTP_JSON
    return HttpTransport(endpoint.settings, JsonEncoding() if is_json else ProtobufEncoding())


def _parts(given: str) -> tuple[str, int | None, str, bool]:
    """Host, port, path and whether it is encrypted."""
    wanted = f"expected an endpoint such as http://localhost:4318, found {given!r}"
    has_scheme = "://" in given
    try:
        url = urllib.parse.urlsplit(given if has_scheme else f"//{given}")
        host, port = url.hostname, url.port
    except ValueError as error:
        raise UsageError(f"{wanted}: {error}") from None
    if not host or (has_scheme and url.scheme not in ("http", "https")):
        raise UsageError(wanted)
    if url.username is not None:
        raise UsageError("give credentials by --header 'authorization=...', not in the endpoint")
    if not has_scheme and not _is_loopback(host):
        raise UsageError(f"{given}: say http:// or https://")
    path = url.path.rstrip("/")
    for end in ("/v1/traces", "/v1/logs"):
        path = path.removesuffix(end)
    return host, port, path, url.scheme == "https"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _default_port(protocol: str, *, is_encrypted: bool) -> int:
    if protocol == GRPC:
        return _GRPC_PORT
    return 443 if is_encrypted else 80


def _header(pair: str, *, is_encoded: bool = True) -> tuple[str, str]:
    """A header; those of the environment are percent-encoded, as the specification says."""
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    if is_encoded:
        value = urllib.parse.unquote(value)
    printable = name.isascii() and value.isprintable() and name.isprintable()
    if not equals or not name or not printable:
        raise UsageError(f"expected a header as NAME=VALUE, found {name!r}")
    return name, value


def _seconds(text: str) -> float:
    if not text:
        return _DEFAULT_TIMEOUT_S
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"OTEL_EXPORTER_OTLP_TIMEOUT must be seconds, not {text!r}") from None


def _path(text: str) -> Path | None:
    return Path(text) if text else None
