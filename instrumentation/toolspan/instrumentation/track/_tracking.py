"""How the calls of one function are recorded: all that can be decided when it is decorated."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from opentelemetry.context import Context
from opentelemetry.trace import Tracer

from toolspan.instrumentation.content import (
    ParameterNames,
    parameter_names,
    paths_of,
    safe_name,
    settings,
)
from toolspan.instrumentation.record import (
    FALLBACK_KEY,
    SPAN_KEY,
    Described,
    Identity,
    Kind,
    OpenCall,
    PlainTool,
    Prepared,
    current_context,
    current_tracer,
    described_arguments,
    describes_same_call,
    identity_in,
    is_suppressed,
    join_call,
    open_call,
    open_call_in,
    records_all,
    tracer_of,
)
from toolspan.instrumentation.track._layer import Layer
from toolspan.instrumentation.track._options import AnyOptions
from toolspan.instrumentation.track._run import Begin, Run
from toolspan.instrumentation.track._subject import default_name, is_method

_log = logging.getLogger("toolspan")

_MOST_NAMES: Final = 1_000
MARK: Final = "__toolspan__"


class Tracking:
    """What one decorator on one function does with each call."""

    __slots__ = (
        "_attributes_of_call",
        "_begin",
        "_capture",
        "_cost",
        "_fixed",
        "_fixed_name",
        "_has_tool_options",
        "_ids",
        "_is_error",
        "_is_named_by_instance",
        "_is_tool",
        "_known_tracer",
        "_names",
        "_options",
        "_own_tracer",
        "_parameters",
        "_prepared",
        "_records_all",
        "_redacted",
        "_result_attributes",
        "_says_more",
        "_static_attributes",
        "_whole",
        "inner_layers",
        "is_method",
        "judges",
        "kind",
        "method",
        "wrapper",
    )

    def __init__(
        self, kind: Kind, function: Callable[..., Any] | None, options: AnyOptions
    ) -> None:
        self.kind: Final = kind
        self._is_tool: Final = kind is Kind.TOOL
        self._options: Final = options
        self.wrapper: Callable[..., Any] | None = None
        self._whole: Tracking | None = None
        self.is_method = is_method(function)
        self.method = getattr(function, "__name__", None) if self.is_method else None
        self.inner_layers = _inner_layers(function, kind)
        self._parameters: ParameterNames | None = (
            parameter_names(function, is_method=self.is_method)
            if function is not None and kind is Kind.TOOL
            else None
        )
        attributes = options.get("attributes")
        self._attributes_of_call = attributes if callable(attributes) else None
        self._static_attributes: Mapping[str, Any] | None = (
            None if attributes is None or callable(attributes) else attributes
        )
        self._result_attributes = options.get("result_attributes")
        self._is_error = options.get("is_error")
        self._redacted = paths_of(options.get("redact") or ())
        self._cost = options.get("cost")
        self.judges = any(
            option is not None for option in (self._is_error, self._result_attributes, self._cost)
        )
        self._capture = options.get("capture_content")
        ids = tuple(options.get(key) for key in ("session_id", "user_id", "conversation_id"))
        self._ids = ids if any(ids) else None
        name = options.get("name")
        self._is_named_by_instance = kind is Kind.AGENT and name is None and self.is_method
        self._fixed_name = name if isinstance(name, str) else default_name(kind, function)
        self._names = name if callable(name) else None
        self._known_tracer: Tracer | None = None
        self._records_all = False
        self._prepared: dict[str, Prepared] = {}
        provider = options.get("tracer_provider")
        self._own_tracer = None if provider is None else tracer_of(provider)
        self._has_tool_options = any(
            options.get(key) is not None
            for key in ("tool_call_id", "fallback_from", "fallback_group")
        )
        self._says_more = self._has_tool_options or self._attributes_of_call is not None
        is_fixed = not self._is_named_by_instance and self._names is None
        self._fixed = self._prepare_name(self._fixed_name) if is_fixed else None
        self._begin: Begin = self._begin_any
        if provider is not None and self._own_tracer is None:
            self._begin = _begin_nothing
        elif self._fixed and self._parameters and not self._ids and not self._says_more:
            self._begin = PlainTool(
                self._fixed,
                self._parameters,
                own_tracer=self._own_tracer,
                capture=self._capture,
                redacted=self._redacted,
                is_method=self.is_method,
                source=self,
                otherwise=self._begin_any,
            ).begin

    def around(self) -> "Tracking":
        """The same, for code around the function whose calls are one call: a retry loop."""
        if self._whole is None:
            whole = Tracking(self.kind, self.wrapper, self._options)
            self._whole = whole
        return self._whole

    # --- before the function runs -------------------------------------------------------------

    @property
    def begin(self) -> Begin:
        """Opens the call, or joins the open one that this call is part of; None records nothing."""
        return self._begin

    def _begin_any(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
        tracer = self._own_tracer or current_tracer()
        if tracer is None:
            return None
        context = current_context()
        if context:
            if is_suppressed(context):
                return None
            whole = self._part_of(tracer, context, args, kwargs)
            if whole is not None:
                return whole
        identity = None if self._ids is None else self._identity(context, args, kwargs)
        is_captured = settings.capture if self._capture is None else self._capture
        described = None
        if self._parameters is not None and (
            self._records_all if tracer is self._known_tracer else self._meet(tracer)
        ):
            described = self._describe_at_start(context, args, kwargs, is_captured)
        call = open_call(
            self._fixed or self._prepare(args, kwargs),
            tracer,
            context,
            identity=identity,
            more=None if described is None else described[0],
        )
        if call is None:
            return None
        call.source = self
        if self.is_method and args:
            call.instance = args[0]
        if described is not None and is_captured:
            call.capture_content(self._redacted, described[1])
        if described is None or self._says_more or FALLBACK_KEY in context:
            self._adopt(call, context, args, kwargs, is_described=described is not None)
        return call

    def _part_of(
        self, tracer: Tracer, context: Context, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Run | None:
        """The layer of an open call, or the call on another library's span, that this one is."""
        enclosing = open_call_in(context)
        if (
            enclosing is not None
            and enclosing.prepared.kind is self.kind
            and self._is_layer_of(enclosing, args, kwargs)
        ):
            return Layer(self, enclosing, context, args, kwargs)
        if self._is_tool:
            span: Any = context.get(SPAN_KEY)
            if span is not None and (enclosing is None or span is not enclosing.span):
                return self._join(tracer, context, span, args, kwargs)
        return None

    def _meet(self, tracer: Tracer) -> bool:
        """Whether spans of `tracer`, not known so far, are sure to be recorded."""
        self._known_tracer = tracer
        self._records_all = records_all(tracer)
        return self._records_all

    def _describe_at_start(
        self, context: Context, args: tuple[Any, ...], kwargs: dict[str, Any], with_text: bool
    ) -> Described | None:
        """The arguments, where the span is sure to be recorded.

        At the start they cost half of what they cost at the end, and whoever looks at the call
        while it runs, or after a crash, sees them.
        """
        try:
            parent: Any = context.get(SPAN_KEY)
            if parent is not None and not parent.is_recording():
                return None
            arguments = {} if self._parameters is None else self._parameters.of(args, kwargs)
            return described_arguments(arguments, self._redacted if with_text else None)
        except Exception:  # a hostile argument
            _log.debug("arguments not recorded", exc_info=True)
            return None

    def _adopt(
        self,
        call: OpenCall,
        context: Context,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        is_described: bool = False,
    ) -> None:
        if not call.is_recording:
            return
        try:
            self.describe(call, context, args, kwargs, is_described=is_described)
        except BaseException as error:  # Ctrl-C in a callable of the user's
            call.end_with_exception(error)
            raise

    def _join(
        self,
        tracer: Tracer,
        context: Context,
        span: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> OpenCall | None:
        """Record on the current span, if it is another library's description of this call."""
        try:
            prepared = self._fixed or self._prepare(args, kwargs)
            if not describes_same_call(span, prepared):
                return None
            call = join_call(prepared, tracer, context, span)
        except Exception:  # a span of a foreign implementation
            _log.debug("could not look at the current span", exc_info=True)
            return None
        call.source = self
        if self.is_method and args:
            call.instance = args[0]
        self._adopt(call, context, args, kwargs)
        return call

    def describe(
        self,
        call: OpenCall,
        context: Context,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        is_described: bool = False,
    ) -> None:
        """Tell the call what its options and, unless `is_described`, arguments say about it."""
        try:
            if self._is_tool:
                if not is_described:
                    if settings.capture if self._capture is None else self._capture:
                        call.capture_content(self._redacted)
                    if self._parameters is not None:
                        call.describe_arguments(self._parameters.of(args, kwargs))
                if self._has_tool_options or FALLBACK_KEY in context:
                    self._describe_tool(call, context, args, kwargs)
            if self._attributes_of_call is not None:
                call.set_attributes(self._attributes_of_call(args, kwargs))
        except Exception:  # a user's callable or a hostile argument
            _log.debug("call of %s not described in full", call.name, exc_info=True)

    def _describe_tool(
        self, call: OpenCall, context: Context, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        call_id = _from_call(self._options.get("tool_call_id"), args, kwargs)
        if call_id:
            call.set_tool_call_id(call_id)
        self._describe_fallback(call, context, args, kwargs)

    def _describe_fallback(
        self, call: OpenCall, context: Context, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        asked_first = _from_call(self._options.get("fallback_from"), args, kwargs)
        failed = call.parent.failed_tools if call.parent is not None else None
        group = call.fallback_group = self._options.get("fallback_group") or ()
        if asked_first is None and group and failed:
            stood_in = list(dict.fromkeys(f for f in failed if f in group and f != call.name))
            if stood_in:
                call.describe_fallback(stood_in[0], len(stood_in))
                return
        if asked_first is None:
            asked_first = cast("str | None", context.get(FALLBACK_KEY))
        if asked_first is not None and asked_first != call.name:
            tried = {f for f in failed or () if f not in (call.name, asked_first)}
            between = len(tried & set(group)) if group else 0
            call.describe_fallback(asked_first, 1 + between)

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
        if self._is_named_by_instance and args:
            owner = args[0]
            name = (owner if isinstance(owner, type) else type(owner)).__name__
        elif self._names is not None:
            name = _from_call(self._names, args, kwargs) or self._fixed_name
        else:
            name = self._fixed_name
        prepared = self._prepared.get(name)
        return self._prepare_name(name) if prepared is None else prepared

    def _prepare_name(self, name: str) -> Prepared:
        prepared = Prepared(
            self.kind,
            name if self._names is None else safe_name(name),
            description=self._options.get("description"),
            tool_type=self._options.get("tool_type"),
            index=self._options.get("index"),
            attributes=self._static_attributes,
            is_registered=self._names is None,
        )
        if len(self._prepared) >= _MOST_NAMES:
            self._prepared.clear()
        self._prepared[name] = prepared
        return prepared

    def _identity(
        self, context: Context, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Identity:
        ids = self._ids or ()
        session_id, user_id, conversation_id = (_from_call(option, args, kwargs) for option in ids)
        return identity_in(context).with_ids(session_id, user_id, conversation_id)

    def _is_layer_of(self, call: OpenCall, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether this is the same logical call as the open `call` of this kind, further in.

        So it is when `call` was opened by a decorator around the function this one decorates,
        by a subclass's method of the same name on the same instance (`super().run()`), or by a
        hook around whatever runs a tool of this name.
        """
        source = call.source
        if source is self:
            return False
        if call.running_layers is not None and self in call.running_layers:
            return False  # recursion: a call of its own
        if call.absorbs_same_name and not call.running_layers:
            return call.name == (self._fixed or self._prepare(args, kwargs)).name
        if not isinstance(source, Tracking):
            return False
        if self in source.inner_layers:
            return True
        return (
            self.is_method
            and source.method == self.method
            and bool(args)
            and call.instance is args[0]
        )

    # --- after it ran ---------------------------------------------------------------------------

    def finish(self, run: Run, result: object) -> None:
        """End `run` with what the function returned."""
        judged = None
        if self.judges:
            try:
                judged = self._judge(run, result)
            except BaseException as error:  # Ctrl-C in a callable of the user's
                run.end_with_exception(error)
                raise
        run.end_with_result(result, judged=judged)

    def _judge(self, run: Run, result: object) -> str | bool | None:
        call = run.call if isinstance(run, Layer) else run
        if isinstance(call, OpenCall) and call.is_recording:
            self._describe_result(call, result)
        try:
            judged = None if self._is_error is None else self._is_error(result)
            return judged if isinstance(judged, str) else bool(judged)
        except Exception:
            _log.debug("is_error raised", exc_info=True)
            return None

    def _describe_result(self, call: OpenCall, result: object) -> None:
        try:
            if self._cost is not None:
                amount = self._cost(result) if callable(self._cost) else self._cost
                if amount is not None:
                    call.set_cost(amount, self._options.get("currency", "USD"))
            if self._result_attributes is not None:
                call.set_attributes(self._result_attributes(result))
        except Exception:
            _log.debug("an option of a track decorator raised", exc_info=True)


def _begin_nothing(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
    """For a provider that records nothing."""


def _from_call(option: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """The value of an option that may be a callable of the call's arguments."""
    if not callable(option):
        return option  # type: ignore[no-any-return]
    try:
        value = option(args, kwargs)
        return value if value is None or type(value) is str else str(value)
    except Exception:
        _log.debug("an option of a track decorator raised", exc_info=True)
        return None


def tracking_of(function: Any) -> Tracking | None:
    """How the calls of `function` itself are recorded as tool calls; None if they are not."""
    mark = getattr(function, MARK, None)
    # functools.wraps copies the mark to wrappers that are not ours
    if isinstance(mark, Tracking) and mark.kind is Kind.TOOL and mark.wrapper is function:
        return mark
    return None


def _inner_layers(function: Callable[..., Any] | None, kind: Kind) -> frozenset["Tracking"]:
    """The trackings of the same kind on the functions that `function` wraps, itself included."""
    found: set[Tracking] = set()
    seen: set[int] = set()
    inner: Any = function
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        mark = getattr(inner, MARK, None)
        # functools.wraps copies the mark to wrappers that are not ours
        if isinstance(mark, Tracking) and mark.wrapper is inner and mark.kind is kind:
            found.add(mark)
        inner = getattr(inner, "__wrapped__", None) or getattr(inner, "__func__", None)
    return frozenset(found)
