"""A tracer for a framework that takes one: what its spans repeat of one run is recorded once.

And what is below one of its agent runs belongs to that agent. Only spans begun with this tracer are
spared anything; a program that has chosen its own settings gets what it has asked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import Span, Tracer, TracerProvider

from toolspan.instrumentation.record import (
    SaidInRuns,
    SaidOnce,
    attach,
    current_context,
    in_agent_of,
    kind_of_work,
    leave,
)


class SparingProvider(TracerProvider):
    """Hands out tracers of the global provider that spare repetitions.

    `of_run` are the framework's own attributes with which an agent run repeats its requests,
    `never` those that say in its own words what others of the same span say.
    """

    def __init__(self, *, of_run: Iterable[str], never: Iterable[str], has_content: bool) -> None:
        self._of_run: Final = frozenset(of_run)
        self._never: Final = frozenset(never)
        self._has_content: Final = has_content
        self._said: Final = SaidInRuns()

    def get_tracer(self, *args: Any, **kwargs: Any) -> Tracer:
        """As of any provider."""
        return _Tracer(trace.get_tracer_provider().get_tracer(*args, **kwargs), self)

    def spare(self, span: Span) -> None:
        """From now on, leave out what the span is given that was said before."""
        if not span.is_recording() or not hasattr(span, "attributes"):
            return
        known = _attributes_of(span)
        said = self._said.of(known)
        kind = kind_of_work(known)
        set_what_is_left = span.set_attributes  # of whoever watches the span, or its own

        def set_attributes(attributes: Mapping[str, Any]) -> None:
            set_what_is_left(self.left_of(attributes, _attributes_of(span), kind, said))

        def set_attribute(key: str, value: Any) -> None:
            set_attributes({key: value})

        shadows: dict[str, Any] = {"set_attributes": set_attributes, "set_attribute": set_attribute}
        vars(span).update(shadows)

    def left_at_start(self, attributes: Any) -> Any:
        """Of the attributes that a span is begun with."""
        if not isinstance(attributes, Mapping):
            return attributes
        kind = kind_of_work(attributes)
        return self.left_of(attributes, attributes, kind, self._said.of(attributes))

    def left_of(
        self,
        attributes: Mapping[str, Any],
        known: Mapping[str, Any],
        kind: str | None,
        said: SaidOnce,
    ) -> dict[str, Any]:
        """Of the attributes given to a span that has those `known`."""
        left = {key: value for key, value in attributes.items() if key not in self._never}
        if kind == "agent":
            return said.without_messages(left, self._of_run)
        return said.new_in(left, known, has_content=self._has_content)

    def ended(self, span: Span) -> None:
        """Forget a run with its span."""
        known = _attributes_of(span)
        if kind_of_work(known) == "agent":
            self._said.forget(known)


def _attributes_of(span: Span) -> Mapping[str, Any]:
    return getattr(span, "attributes", None) or {}


class _Tracer(Tracer):
    def __init__(self, tracer: Tracer, provider: SparingProvider) -> None:
        self._tracer: Final = tracer
        self._provider: Final = provider

    def start_span(self, name: str, *args: Any, **kwargs: Any) -> Span:
        span = self._tracer.start_span(name, *args, **self._spared(kwargs))
        self._provider.spare(span)
        return span

    @contextmanager
    def start_as_current_span(  # type: ignore[override]
        self, name: str, *args: Any, **kwargs: Any
    ) -> Iterator[Span]:
        with (
            _in_agent(kwargs.get("attributes")),
            self._tracer.start_as_current_span(name, *args, **self._spared(kwargs)) as span,
        ):
            self._provider.spare(span)
            try:
                yield span
            finally:
                self._provider.ended(span)

    def _spared(self, options: dict[str, Any]) -> dict[str, Any]:
        if "attributes" not in options:
            return options
        return {**options, "attributes": self._provider.left_at_start(options["attributes"])}


@contextmanager
def _in_agent(attributes: Any) -> Iterator[None]:
    """Around a span that describes an agent run: what is below it belongs to that agent."""
    context = current_context()
    below = in_agent_of(attributes, context) if isinstance(attributes, Mapping) else None
    if below is None:
        yield
        return
    token = attach(below)
    try:
        yield
    finally:
        leave(token, below)
