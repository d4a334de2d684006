"""Durations as the conventions name them, links to the transport's own trace, and robustness."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import mcp.server.lowlevel.server
import pytest
from mcp import Client
from mcp.server.mcpserver import Context, MCPServer
from opentelemetry import metrics, propagate, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from toolspan.instrumentation import track_agent_run
from toolspan.instrumentation.frameworks._hooks import Hooks

from .conftest import RecordedMcp


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", provider)
    yield reader
    provider.shutdown()


def server_that_adds() -> MCPServer:
    server = MCPServer("shop")

    @server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    return server


def use(mode: str) -> None:
    async def main() -> None:
        async with Client(server_that_adds(), mode=mode) as client:
            with track_agent_run("planner"):
                await client.call_tool("add", {"a": 1, "b": 2})
                await client.call_tool("add", {"a": "x"})

    asyncio.run(main())


@pytest.mark.requirement("capability.G-mcp-metrics")
def test_requests_and_sessions_have_the_durations_of_the_conventions(
    mcp_recorded: RecordedMcp, reader: InMemoryMetricReader
) -> None:
    use("legacy")
    data = reader.get_metrics_data()
    assert data is not None
    scopes = data.resource_metrics[0].scope_metrics
    assert {scope.scope.name for scope in scopes} == {"toolspan.instrumentation"}
    found: dict[str, Any] = {}
    metrics = [metric for scope in scopes for metric in scope.metrics]
    for metric in (metric for metric in metrics if metric.name.startswith("mcp.")):
        assert metric.unit == "s"
        points: list[Any] = list(metric.data.data_points)
        for point in points:
            attributes = dict(point.attributes or {})
            what = attributes.get("gen_ai.tool.name") or attributes.get("mcp.method.name")
            key = (metric.name, what, attributes.get("error.type"))
            found[key] = (point.count, tuple(point.explicit_bounds))
            assert "jsonrpc.request.id" not in attributes
    bounds = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
    sides = ("mcp.client.operation.duration", "mcp.server.operation.duration")
    assert found == {
        **{(side, "initialize", None): (1, bounds) for side in sides},
        **{(side, "add", None): (1, bounds) for side in sides},
        **{(side, "add", "tool_error"): (1, bounds) for side in sides},
        ("mcp.client.session.duration", None, None): (1, bounds),
        ("mcp.server.session.duration", None, None): (1, bounds),
    }


def test_durations_lead_to_the_span_they_measure(
    mcp_recorded: RecordedMcp, reader: InMemoryMetricReader
) -> None:
    use("auto")
    data = reader.get_metrics_data()
    assert data is not None
    exemplars = {
        exemplar.span_id
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if metric.name == "mcp.client.operation.duration"
        for point in metric.data.data_points
        for exemplar in point.exemplars
    }
    clients = {s.context.span_id for s in mcp_recorded.recorded.spans if s.kind.name == "CLIENT"}
    assert exemplars
    assert exemplars <= clients


@pytest.mark.requirement("capability.E-link")
def test_the_transports_own_trace_becomes_a_link(mcp_recorded: RecordedMcp) -> None:
    """As with an instrumented web server: its span is current where the request is served."""
    carrier: dict[str, str] = {}
    with trace.get_tracer("agent").start_as_current_span("far away") as remote:
        propagate.inject(carrier)

    async def main() -> None:
        async with Client(server_that_adds(), mode="auto") as client:
            with trace.get_tracer("web").start_as_current_span("POST /mcp"):
                meta: Any = carrier
                await client.call_tool("add", {"a": 1, "b": 2}, meta=meta)

    asyncio.run(main())
    (span,) = [
        one
        for one in mcp_recorded.recorded.spans
        if one.name == "tools/call add" and one.kind.name == "SERVER"
    ]
    (client,) = [
        one
        for one in mcp_recorded.recorded.spans
        if one.name == "tools/call add" and one.kind.name == "CLIENT"
    ]
    assert span.parent is not None
    assert span.parent.span_id == remote.get_span_context().span_id
    assert [link.context.span_id for link in span.links] == [client.context.span_id]


@pytest.mark.requirement(
    "capability.E-guarded-hooks", "pain.14-one-missing-attribute", "design.2-hooks-never-raise"
)
def test_what_a_version_does_not_have_costs_that_hook_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("framework_of_tomorrow")
    exec("def kept(): return 1\nclass Renamed: pass", vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    hooks = Hooks()
    calls: list[str] = []

    def noting(original: Any) -> Any:
        def wrapper() -> Any:
            calls.append("kept")
            return original()

        return wrapper

    hooks.when_imported(module.__name__, lambda found: hooks.wrap(found.Gone, "method", noting))
    hooks.when_imported(module.__name__, lambda found: hooks.wrap(found.Renamed, "run", noting))
    hooks.when_imported(module.__name__, lambda found: hooks.wrap(found, "kept", noting))
    assert module.kept() == 1
    assert calls == ["kept"]
    assert hooks.set_hooks == ["framework_of_tomorrow.kept"]
    assert hooks.missing == ["framework_of_tomorrow.Renamed.run"]
    assert caplog.messages == ["toolspan could not instrument framework_of_tomorrow"]
    hooks.stop()
    assert module.kept() == 1
    assert calls == ["kept"]


def test_hooks_set_again_are_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("framework_twice")
    exec("def kept(): return 1", vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    hooks = Hooks()
    calls: list[int] = []

    def noting(original: Any) -> Any:
        def wrapper() -> Any:
            calls.append(1)
            return original()

        return wrapper

    for _ in range(2):
        hooks.when_imported(module.__name__, lambda found: hooks.wrap(found, "kept", noting))
        module.kept()
        hooks.stop()
    assert calls == [1, 1]


def test_an_error_of_ours_never_reaches_the_host(
    mcp_recorded: RecordedMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolspan.instrumentation.frameworks.mcp import _client_v2, _exchange, _server_v2

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("ours")

    for name in ("mcp_tool_content", "record_duration", "peer_attributes"):
        monkeypatch.setattr(_exchange, name, broken)
    use("legacy")
    use("auto")
    for module in (_client_v2, _server_v2):
        monkeypatch.setattr(module, "raw_request", broken)
    use("legacy")
    use("auto")


def test_what_the_users_code_says_about_the_servers_span_stays(mcp_recorded: RecordedMcp) -> None:
    server = MCPServer("shop")

    @server.tool()
    def note(ctx: Context) -> str:
        span = trace.get_current_span()
        span.set_attribute("shop.shelf", 7)
        span.add_event("looked")
        return "ok"

    async def main() -> None:
        async with Client(server) as client:
            await client.call_tool("note", {})

    asyncio.run(main())
    (span,) = [
        one
        for one in mcp_recorded.recorded.spans
        if one.name == "tools/call note" and one.kind.name == "SERVER"
    ]
    assert (span.attributes or {})["shop.shelf"] == 7
    assert [event.name for event in span.events] == ["looked"]


def test_a_sampler_that_ignores_parents_still_leaves_out_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from support.recording import recording
    from toolspan.instrumentation.frameworks.mcp import McpInstrumentor
    from toolspan.instrumentation.frameworks.native import NativeSpanProcessor

    caplog.set_level(logging.WARNING)
    with recording(NativeSpanProcessor(), sampler=ALWAYS_ON) as recorded:
        monkeypatch.setattr(mcp.shared._otel, "_tracer", trace.get_tracer("mcp-python-sdk"))
        McpInstrumentor().instrument()
        try:

            async def main() -> None:
                async with Client(server_that_adds(), mode="legacy") as client:
                    await client.list_tools()

            asyncio.run(main())
        finally:
            McpInstrumentor().uninstrument()
        assert sorted({span.name for span in recorded.spans}) == ["initialize"]


def test_a_server_whose_owner_took_the_sdks_middleware_away_has_ours(
    mcp_recorded: RecordedMcp,
) -> None:
    server = server_that_adds()
    lowlevel = server._lowlevel_server
    lowlevel.middleware[:] = [
        one for one in lowlevel.middleware if type(one).__name__ != "OpenTelemetryMiddleware"
    ]

    async def main() -> None:
        async with Client(server, mode="legacy") as client:
            await client.call_tool("add", {"a": 1, "b": 2})

    asyncio.run(main())
    assert "\n".join(mcp_recorded.brief.splitlines()[2:]) == (
        "mcp-python-sdk | tools/call add | CLIENT | UNSET | "
        "toolspan.outcome=ok toolspan.tool_call.layer=logical\n"
        "  toolspan.instrumentation | tools/call add | SERVER | UNSET | "
        "toolspan.outcome=ok toolspan.tool_call.layer=server"
    )
