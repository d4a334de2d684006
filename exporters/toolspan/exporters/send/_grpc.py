"""OTLP over gRPC; the request is already encoded, so no generated code is needed."""

from typing import Any, Final

from toolspan.exporters.send._files import UsageError
from toolspan.exporters.send._partial import partial_success, retry_delay_s
from toolspan.exporters.send._records import Encoding, ProtobufEncoding, Signal
from toolspan.exporters.send._transports import (
    Accepted,
    RefusedError,
    RetryableError,
    Settings,
    TooLargeError,
    UnusableError,
)

_METHODS: Final = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}

# The OTLP specification names these.
_RETRYABLE: Final = frozenset(
    {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
)
_UNUSABLE: Final = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED"})
_STATUS_DETAILS: Final = "grpc-status-details-bin"


class GrpcTransport:
    """Calls `Export` of the trace and the logs service."""

    def __init__(self, settings: Settings) -> None:
        """Prepare the channel; it connects with the first request.

        Raises:
            UsageError: gRPC is not installed, or a certificate cannot be read.
        """
        try:
            import grpc  # type: ignore[import-untyped,unused-ignore]  # an extra
        except ModuleNotFoundError:
            raise UsageError(
                "grpc needs grpcio, which is not installed: pip install 'toolspan[otlp]' "
                "(or --protocol http/protobuf)"
            ) from None
        self.encoding: Encoding = ProtobufEncoding()
        self._grpc = grpc
        self._settings = settings
        target = f"{settings.host}:{settings.port}"
        compression = grpc.Compression.Gzip if settings.use_gzip else grpc.Compression.NoCompression
        options = [("grpc.primary_user_agent", "toolspan-send")]
        if settings.is_encrypted:
            self._channel = grpc.secure_channel(
                target, _credentials(grpc, settings), options, compression
            )
        else:
            self._channel = grpc.insecure_channel(target, options, compression)
        self._calls = {
            signal: self._channel.unary_unary(
                method, request_serializer=None, response_deserializer=None
            )
            for signal, method in _METHODS.items()
        }
        self._metadata = tuple((name.lower(), value) for name, value in settings.headers.items())

    def send(self, signal: Signal, body: bytes) -> Accepted:
        """Send one request; see `Transport`."""
        try:
            answer = self._calls[signal](
                body, timeout=self._settings.timeout_s, metadata=self._metadata
            )
        except self._grpc.RpcError as error:
            raise _refusal(error) from None
        return partial_success(answer)

    def close(self) -> None:
        """End the connection."""
        self._channel.close()


def _credentials(grpc: Any, settings: Settings) -> Any:
    try:
        return grpc.ssl_channel_credentials(
            *(
                None if path is None else path.read_bytes()
                for path in (settings.certificate, settings.client_key, settings.client_certificate)
            )
        )
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error


def _refusal(error: Any) -> Exception:
    code = error.code().name
    details = " ".join(str(error.details() or "").split())[:200]
    message = f"{code}: {details}" if details else code
    if code == "RESOURCE_EXHAUSTED":
        if "message larger than max" in details:
            return TooLargeError(message)
        details_bin = dict(error.trailing_metadata() or ()).get(_STATUS_DETAILS, b"")
        # Without a RetryInfo in it the specification says not to retry. A limit of the rate is
        # what almost every endpoint means, though, and --retry-for ends it for the others.
        return RetryableError(message, retry_delay_s(details_bin))
    if code in _RETRYABLE:
        return RetryableError(message)
    if code in _UNUSABLE:
        return UnusableError(message, is_missing_service=code == "UNIMPLEMENTED")
    return RefusedError(message)
