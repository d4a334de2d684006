"""What the limits of the SDK cut off a span is counted in the file, level by level."""

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as official_spans
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.trace import SpanContext

from support.otlp_protobuf import traces_message
from toolspan.exporters.otlp_json import encode_spans

LIMITS = SpanLimits(
    max_span_attributes=2,
    max_events=1,
    max_links=3,
    max_event_attributes=1,
    max_link_attributes=4,
)
FIVE = dict.fromkeys("abcde", 1)


def test_dropped_attributes_events_and_links_are_counted_as_the_official_encoder_does() -> None:
    provider = TracerProvider(span_limits=LIMITS, shutdown_on_exit=False)
    span = provider.get_tracer("t").start_span("a", attributes=FIVE)
    for _ in range(5):
        span.add_event("e", FIVE)
        span.add_link(SpanContext(1, 2, is_remote=True), FIVE)
    span.end()
    assert isinstance(span, ReadableSpan)
    message = traces_message(encode_spans([span]))
    assert message == official_spans([span])
    [written] = message.resource_spans[0].scope_spans[0].spans
    assert (
        written.dropped_attributes_count,
        written.dropped_events_count,
        written.dropped_links_count,
        [event.dropped_attributes_count for event in written.events],
        [link.dropped_attributes_count for link in written.links],
    ) == (3, 4, 2, [4], [1, 1, 1])
