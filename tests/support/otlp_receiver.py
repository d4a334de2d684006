"""An OTLP receiver in this process, over HTTP or gRPC: what a collector would have been sent."""

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from support.otlp_protobuf import logs_message, records, traces_message

Request = ExportTraceServiceRequest | ExportLogsServiceRequest


@dataclass(frozen=True)
class Certificates:
    """PEM files of a server that calls itself localhost; `client` makes it ask who calls."""

    certificate: Path
    key: Path
    client: Path | None = None


@dataclass(frozen=True)
class Received:
    """One request as it came in; `records` is how many spans or log records it holds."""

    signal: str
    message: Request
    headers: dict[str, str]
    size_bytes: int

    @property
    def records(self) -> int:
        return len(records([self.message]))


@dataclass(frozen=True)
class Refusal:
    """An answer other than yes.

    `status` is of HTTP or the name of a gRPC code; 0 closes the connection without an answer.
    `rejected` answers yes, but not to so many records. `keeps` says whether the data was taken
    all the same, as when an answer gets lost.
    """

    status: int | str = 0
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    rejected: int = 0
    keeps: bool = False


class Receiver:
    """What both receivers share: the requests, and how to answer them.

    Args:
        answer: called with each request before it is taken; a `Refusal`, or None for yes.
    """

    endpoint: str

    def __init__(self, answer: Callable[[Received], Refusal | None] | None = None) -> None:
        self.requests: list[Received] = []
        self.refused = 0
        self._answer = answer or (lambda _: None)
        self._lock = threading.Lock()

    def take(self, received: Received) -> Refusal | None:
        with self._lock:
            refusal = self._answer(received)
            if refusal is None or refusal.keeps or refusal.rejected:
                self.requests.append(received)
            if refusal is not None:
                self.refused += 1
        return refusal

    def _records(self, signal: str) -> list[dict[str, Any]]:
        with self._lock:
            messages = [request.message for request in self.requests if request.signal == signal]
        return records(messages)

    @property
    def spans(self) -> list[dict[str, Any]]:
        return self._records("traces")

    @property
    def events(self) -> list[dict[str, Any]]:
        return self._records("logs")

    @property
    def span_names(self) -> list[str]:
        return [span["name"] for span in self.spans]


_PARSERS: dict[str, tuple[Callable[[bytes], Request], Callable[[bytes], Request]]] = {
    "traces": (ExportTraceServiceRequest.FromString, traces_message),
    "logs": (ExportLogsServiceRequest.FromString, logs_message),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer takes 40 ms
    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        size_bytes = len(body)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        as_json = self.headers.get("Content-Type") == "application/json"
        signal = self.path.removeprefix("/v1/")
        refusal = None
        if signal in _PARSERS:
            headers = {name.lower(): value for name, value in self.headers.items()}
            message = _PARSERS[signal][as_json](body)
            refusal = self.server.receiver.take(Received(signal, message, headers, size_bytes))
        if refusal is None:
            self._send(200, b"{}" if as_json else b"", as_json=as_json)
        elif refusal.rejected:
            self._send(200, _partial(signal, refusal, as_json=as_json), as_json=as_json)
        elif refusal.status == 0:
            self.close_connection = True
        else:
            text = refusal.message.encode()
            self._send(int(refusal.status), text, as_json=False, more=refusal.headers)

    def _send(
        self, status: int, body: bytes, *, as_json: bool, more: Mapping[str, str] = {}
    ) -> None:
        self.send_response(status)
        kind = "application/json" if as_json else "application/x-protobuf"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver, tls: Certificates | None = None) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            if tls.client is not None:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(tls.client)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: Any) -> None:
        """Keep the test output clean: a client that does not trust us hangs up."""


class OtlpReceiver(Receiver):
    """OTLP over HTTP, protobuf and JSON, on a free local port.

    >>> with OtlpReceiver() as receiver:  # doctest: +SKIP
    ...     print(receiver.endpoint)
    """

    def __init__(
        self,
        answer: Callable[[Received], Refusal | None] | None = None,
        *,
        tls: Certificates | None = None,
    ) -> None:
        super().__init__(answer)
        self._server = _Server(self, tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        where = "https://localhost" if tls else "http://127.0.0.1"
        self.endpoint = f"{where}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _partial(signal: str, refusal: Refusal, *, as_json: bool) -> bytes:
    word = "rejectedSpans" if signal == "traces" else "rejectedLogRecords"
    if as_json:
        document = {word: str(refusal.rejected), "errorMessage": refusal.message}
        return json.dumps({"partialSuccess": document}).encode()
    return _partial_message(signal, refusal).SerializeToString()


def _partial_message(
    signal: str, refusal: Refusal
) -> ExportTraceServiceResponse | ExportLogsServiceResponse:
    if signal == "traces":
        answer = ExportTraceServiceResponse()
        answer.partial_success.rejected_spans = refusal.rejected
        answer.partial_success.error_message = refusal.message
        return answer
    of_logs = ExportLogsServiceResponse()
    of_logs.partial_success.rejected_log_records = refusal.rejected
    of_logs.partial_success.error_message = refusal.message
    return of_logs


class GrpcReceiver(Receiver):
    """OTLP over gRPC on a free local port; without `logs` it knows no such service, as Jaeger."""

    def __init__(
        self,
        answer: Callable[[Received], Refusal | None] | None = None,
        *,
        logs: bool = True,
        max_message_bytes: int = 4 * 1024 * 1024,
        tls: Certificates | None = None,
    ) -> None:
        import grpc  # not everything that reads this module needs it

        super().__init__(answer)

        def handler(signal: str, request: Any, response: Any) -> Any:
            def export(message: Request, context: Any) -> Any:
                headers = dict(context.invocation_metadata())
                refusal = self.take(Received(signal, message, headers, message.ByteSize()))
                if refusal is None:
                    return response()
                if refusal.rejected:
                    return _partial_message(signal, refusal)
                if refusal.headers:
                    context.set_trailing_metadata(tuple(refusal.headers.items()))
                return context.abort(getattr(grpc.StatusCode, str(refusal.status)), refusal.message)

            return grpc.unary_unary_rpc_method_handler(
                export,
                request_deserializer=request.FromString,
                response_serializer=lambda answer: answer.SerializeToString(),
            )

        def service(signal: str, name: str, request: Any, response: Any) -> Any:
            return grpc.method_handlers_generic_handler(
                f"opentelemetry.proto.collector.{signal}.v1.{name}",
                {"Export": handler("traces" if signal == "trace" else signal, request, response)},
            )

        services = [
            service("trace", "TraceService", ExportTraceServiceRequest, ExportTraceServiceResponse)
        ]
        if logs:
            services.append(
                service("logs", "LogsService", ExportLogsServiceRequest, ExportLogsServiceResponse)
            )
        self._server = grpc.server(
            futures.ThreadPoolExecutor(2),
            options=[("grpc.max_receive_message_length", max_message_bytes)],
        )
        self._server.add_generic_rpc_handlers(tuple(services))
        if tls is None:
            self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        else:
            credentials = grpc.ssl_server_credentials(
                [(tls.key.read_bytes(), tls.certificate.read_bytes())],
                tls.client.read_bytes() if tls.client else None,
                require_client_auth=tls.client is not None,
            )
            port = self._server.add_secure_port("127.0.0.1:0", credentials)
            self.endpoint = f"https://localhost:{port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop(None).wait()
