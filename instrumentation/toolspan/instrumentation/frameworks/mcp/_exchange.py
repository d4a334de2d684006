"""One request and its answer: the span that describes it, mended or ours, from start to end."""

import logging
from collections.abc import Callable, Mapping
from enum import Enum
from time import perf_counter_ns
from typing import Any, Final, cast

from opentelemetry import trace
from opentelemetry.context import Context, create_key, get_current, set_value
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode

from toolspan.conventions.attributes import (
    ERROR_TYPE,
    MCP_PROTOCOL_VERSION,
    RPC_RESPONSE_STATUS_CODE,
    TOOLSPAN_MCP_ROUNDS,
    TOOLSPAN_OUTCOME,
    TOOLSPAN_TOOL_CALL_LAYER,
)
from toolspan.conventions.layers import Layer
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import error_text
from toolspan.instrumentation.frameworks.mcp._metrics import record_duration
from toolspan.instrumentation.frameworks.mcp._verdict import (
    Verdict,
    is_input_required,
    of_exception,
    of_result,
)
from toolspan.instrumentation.frameworks.native import HeldSpan
from toolspan.instrumentation.record import (
    NOBODY_KNOWN,
    Kind,
    McpRequest,
    OpenCall,
    Peer,
    current_tracer,
    gen_ai_identity,
    identity_in,
    mcp_tool_content,
    open_call_in,
    peer_attributes,
)

_log: Final = logging.getLogger("toolspan")

_EXCHANGE_KEY: Final = create_key("toolspan-mcp-exchange")


class Side(Enum):
    """Who we are in the exchange; the value begins the names of its metrics."""

    CLIENT = "mcp.client"
    SERVER = "mcp.server"


class Exchange:
    """Begun before the request is sent or served, ended once with what came of it.

    Its span is either adopted, when the SDK starts one of its own (`adopt`), or opened by us
    (`open_span`). No method raises into the host.
    """

    __slots__ = (
        "_call",
        "_held",
        "_is_open",
        "_layer",
        "_peer",
        "_start_ns",
        "request",
        "rounds",
        "side",
        "span",
    )

    def __init__(
        self,
        side: Side,
        request: McpRequest,
        *,
        peer: Callable[[], Peer] | None = None,
        inside: "Exchange | None" = None,
    ) -> None:
        self.side: Final = side
        self.request: Final = request
        self.span: Span | None = None
        self.rounds = 1
        self._held: HeldSpan | None = None
        self._peer = peer
        self._start_ns = perf_counter_ns()
        self._is_open = True
        self._call = _same_call(request.tool) if side is Side.CLIENT else None
        self._layer = self._layer_of(inside)

    def _layer_of(self, inside: "Exchange | None") -> Layer | None:
        if self.request.tool is None:
            return None
        if self.side is Side.SERVER:
            return Layer.SERVER
        return Layer.LOGICAL if self._call is None and inside is None else Layer.CLIENT

    # --- start ------------------------------------------------------------------------------------

    def adopt(self, span: SdkSpan) -> None:
        """The SDK has started the span of this exchange: name it right and hold its end."""
        self._held = HeldSpan(span)
        self.span = span
        span.update_name(self.request.span_name)
        span.set_attributes(self._first_attributes())
        if self.side is Side.SERVER:
            _link_to_ambient(span)

    def open_span(self, context: Context | None = None) -> Context | None:
        """Start a span of our own where the SDK starts none; the context it is current in.

        `context` is where the span's parent is found. None when nothing records.
        """
        tracer = current_tracer()
        if tracer is None:
            return None
        here = get_current()
        parent = here if context is None else context
        attributes = self._first_attributes()
        attributes |= identity_in(parent).stamp | gen_ai_identity(attributes, parent)
        ambient = trace.get_current_span(here).get_span_context()
        known = trace.get_current_span(parent).get_span_context()
        links = [Link(ambient)] if ambient.is_valid and ambient != known else []
        self.span = tracer.start_span(
            self.request.span_name,
            parent,
            SpanKind.CLIENT if self.side is Side.CLIENT else SpanKind.SERVER,
            attributes,
            links,
        )
        return trace.set_span_in_context(self.span, here)

    def _first_attributes(self) -> dict[str, Any]:
        attributes = self.request.attributes()
        if self._layer is not None:
            attributes[TOOLSPAN_TOOL_CALL_LAYER] = self._layer.value
        return attributes

    # --- end --------------------------------------------------------------------------------------

    def end_with_result(self, result: Mapping[str, Any]) -> None:
        """The request was answered."""
        self._guarded(lambda: self._end(of_result(result), result))

    def end_with_exception(self, error: BaseException) -> None:
        """The request raised."""
        is_server = self.side is Side.SERVER
        self._guarded(lambda: self._end(of_exception(error, is_server=is_server), None))

    def end(self, verdict: Verdict) -> None:
        """The request ended as told."""
        self._guarded(lambda: self._end(verdict, None))

    def _guarded(self, end: Callable[[], None]) -> None:
        if not self._is_open:
            return
        self._is_open = False
        try:
            end()
        except Exception:
            _log.debug("end of %s not recorded in full", self.request.span_name, exc_info=True)
            self._give_back({}, None)

    def _end(self, verdict: Verdict, result: Mapping[str, Any] | None) -> None:
        peer = self._peer() if self._peer is not None else NOBODY_KNOWN
        attributes = peer_attributes(peer, is_server=self.side is Side.SERVER)
        if verdict.error_type is not None:
            attributes[ERROR_TYPE] = verdict.error_type
        if verdict.status_code is not None:
            attributes[RPC_RESPONSE_STATUS_CODE] = verdict.status_code
        agreed = None if result is None else result.get("protocolVersion")
        if isinstance(agreed, str):  # the answer to `initialize`
            attributes[MCP_PROTOCOL_VERSION] = agreed
        record_duration(
            f"{self.side.value}.operation.duration",
            perf_counter_ns() - self._start_ns,
            {**self.request.attributes(), **attributes},
            None if self.span is None else trace.set_span_in_context(self.span),
        )
        self._tell_call(verdict)
        if self.span is None or not self.span.is_recording():
            self._give_back({}, None)
            return
        if self._layer is not None:
            is_logical = self._layer is Layer.LOGICAL
            attributes |= mcp_tool_content(self.request, result, is_logical=is_logical)
            if verdict.outcome is not Outcome.ERROR or verdict.error_type is not None:
                attributes[TOOLSPAN_OUTCOME] = verdict.outcome.value
        if self.rounds > 1:
            attributes[TOOLSPAN_MCP_ROUNDS] = self.rounds
        status = None
        if verdict.error_type is not None:
            text = error_text(verdict.message) if verdict.message else None
            status = Status(StatusCode.ERROR, text)
        self._give_back(attributes, status)

    def _give_back(self, attributes: Mapping[str, Any], status: Status | None) -> None:
        """Apply and end, whoever's span it is."""
        if self._held is not None:
            self._held.release(attributes, status, is_failure_known=True, is_late=self.rounds > 1)
        elif self.span is not None:
            self.span.set_attributes(dict(attributes))
            if status is not None:
                self.span.set_status(status)
            self.span.end()

    def _tell_call(self, verdict: Verdict) -> None:
        """The tool call around this request failed as the request did, unless it tries again."""
        if self._call is not None and self._call.is_open:
            is_returned = verdict.outcome is Outcome.TOOL_ERROR
            self._call.judge(verdict.error_type if is_returned else None)


def exchange_in(context: Context) -> Exchange | None:
    """The exchange whose request is being sent or served here."""
    return cast("Exchange | None", context.get(_EXCHANGE_KEY))


def with_exchange(exchange: Exchange, context: Context | None = None) -> Context:
    """The context in which the SDK's span for `exchange` will be known as its span."""
    return set_value(_EXCHANGE_KEY, exchange, context)


def awaits_input(result: Mapping[str, Any]) -> bool:
    """Whether the server asks for input before it serves the request."""
    return is_input_required(result)


def _same_call(tool: str | None) -> OpenCall | None:
    """The open tool call that this request carries out, if it does.

    The names may differ by a prefix for the server: `weather__forecast` is `forecast`.
    """
    call = open_call_in(get_current())
    if tool is None or call is None or not call.is_open or call.prepared.kind is not Kind.TOOL:
        return None
    if call.name == tool:
        return call
    prefix = call.name.removesuffix(tool)
    return call if prefix != call.name and prefix and not prefix[-1].isalnum() else None


def _link_to_ambient(span: SdkSpan) -> None:
    """The span's parent is the client's; what the transport was doing here becomes a link."""
    ambient = trace.get_current_span().get_span_context()
    parent = span.parent
    if ambient.is_valid and (parent is None or ambient.span_id != parent.span_id):
        span.add_link(ambient)
