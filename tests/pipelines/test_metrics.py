"""What Prometheus sees of tool calls: each logical call once, whatever the sampling."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.collector import Collector
from support.newsletter import RecordedRun, record_agency
from support.once import once_per_run
from support.post import post
from support.prometheus import Prometheus
from support.servers import get, until
from support.traces import mcp_call, otlp, tool
from toolspan.analytics import open_traces
from toolspan.conventions.pseudo_tools import PSEUDO_TOOLS_BY_SCOPE
from toolspan.exporters.send.command import main

CALLS = "toolspan_calls_total"
SERVICE = {"service.name": "agency"}


def counts(collector: Collector) -> dict[str, float]:
    """Calls by tool, over all series."""
    found: Counter[str] = Counter()
    for name, value in collector.metrics().items():
        if name.startswith(CALLS):
            found[name.split('gen_ai_tool_name="')[1].split('"')[0]] += int(value)
    return dict(found)


def test_one_mcp_call_of_three_spans_is_one_call(collector: Collector) -> None:
    post(collector.http_endpoint, otlp(mcp_call(1), resource=SERVICE))
    collector.archived_spans(3)

    until(lambda: counts(collector) == {"search": 1}, "one call counted")
    (name,) = [name for name in collector.metrics() if name.startswith(CALLS)]
    assert name == (
        'toolspan_calls_total{gen_ai_tool_name="search",job="agency",service_name="agency",'
        'toolspan_outcome="ok"}'
    )


@pytest.mark.requirement("analytics.09-grafana-prometheus", "pipelines.one-call-counts-one")
def test_real_prometheus_reads_1_for_one_mcp_call(tmp_path: Path) -> None:
    # Ten scrapes for each flush, as a busy machine may miss some.
    slow = {"connectors": {"span_metrics": {"metrics_flush_interval": "2s"}}}
    with (
        Collector(tmp_path / "collector", slow) as collector,
        Prometheus(tmp_path / "prometheus", collector) as prometheus,
    ):
        until(lambda: len(prometheus.query("up == 1")) == 2, "the first scrape")
        post(collector.http_endpoint, otlp(mcp_call(1), resource=SERVICE))

        def one() -> bool:
            return list(prometheus.query(CALLS).values()) == [1.0]

        until(one, "Prometheus reads 1")
        # The collector shows a new series as 0 first, so the first call is an increase as well.
        until(lambda: prometheus.query(f"increase({CALLS}[1m]) > 0"), "the increase is seen")


def test_processes_of_one_service_that_come_and_go_are_one_series(collector: Collector) -> None:
    for number in range(1, 6):
        resource = {**SERVICE, "service.instance.id": f"process-{number}", "process.pid": number}
        post(collector.http_endpoint, otlp(mcp_call(number), resource=resource))

    until(lambda: counts(collector) == {"search": 5}, "five calls counted")
    assert len([name for name in collector.metrics() if name.startswith(CALLS)]) == 1


@pytest.mark.requirement("pipelines.no-pseudo-tools")
def test_pseudo_tools_of_every_framework_are_not_counted(collector: Collector) -> None:
    number = 0
    for scope, names in PSEUDO_TOOLS_BY_SCOPE.items():
        for name in names:
            number += 10
            spans = [tool(name, number, toolspan__tool_call__layer="logical")]
            post(collector.http_endpoint, otlp(spans, scope=scope, resource=SERVICE))
            # A user's own tool may be called the same.
            own = [tool(name, number + 1, toolspan__tool_call__layer="logical")]
            post(collector.http_endpoint, otlp(own, resource=SERVICE))

    wanted = Counter(name for names in PSEUDO_TOOLS_BY_SCOPE.values() for name in names)
    until(lambda: counts(collector) == dict(wanted), f"{wanted}")


def test_calls_are_split_by_what_rules_and_dashboards_ask_for(collector: Collector) -> None:
    spans = mcp_call(1, toolspan__agent="writer", toolspan__workflow="news", session__id="s-1")
    spans[0]["attributes"].append({"key": "error.type", "value": {"stringValue": "Timeout"}})  # type: ignore[attr-defined]
    post(collector.http_endpoint, otlp(spans, resource=SERVICE))

    until(lambda: counts(collector) == {"search": 1}, "one call counted")
    series = [
        name for name in collector.metrics() if name.startswith("toolspan_duration_seconds_count")
    ]
    assert series == [
        (
            'toolspan_duration_seconds_count{error_type="Timeout",gen_ai_tool_name="search",job="agency",'
            'service_name="agency",toolspan_agent="writer",toolspan_outcome="ok",toolspan_workflow="news"}'
        )
    ]


def test_what_tools_charge_is_summed_by_tool_and_currency(collector: Collector) -> None:
    for number, (amount, currency) in enumerate([(0.25, "EUR"), (0.5, "EUR"), (1.0, "USD")], 1):
        charge = {
            "toolspan__tool__cost__amount": amount,
            "toolspan__tool__cost__currency": currency,
        }
        post(collector.http_endpoint, otlp(mcp_call(number, **charge), resource=SERVICE))

    def cost() -> dict[str, float]:
        found = collector.metrics().items()
        return {k: v for k, v in found if k.startswith("toolspan_tool_cost_total")}

    start = 'toolspan_tool_cost_total{gen_ai_tool_name="search",job="agency",toolspan_tool_cost_currency='
    wanted = {f'{start}"EUR"}}': 0.75, f'{start}"USD"}}': 1.0}
    until(lambda: cost() == wanted, "0.75 EUR and 1 USD")


def test_what_many_senders_charge_at_once_is_summed_without_a_loss(collector: Collector) -> None:
    charge = {"toolspan__tool__cost__amount": 0.5, "toolspan__tool__cost__currency": "EUR"}

    def one_sender(first: int) -> None:
        for number in range(first, first + 25):
            post(collector.http_endpoint, otlp(mcp_call(number, **charge), resource=SERVICE))

    with ThreadPoolExecutor(8) as senders:
        list(senders.map(one_sender, range(100, 900, 100)))

    def total() -> float:
        found = collector.metrics().items()
        return sum(v for k, v in found if k.startswith("toolspan_tool_cost_total"))

    until(lambda: total() == 0.5 * 8 * 25, "100 EUR")


def test_a_slow_call_leads_to_its_trace(collector: Collector) -> None:
    post(collector.http_endpoint, otlp(mcp_call(1), resource=SERVICE))

    def exemplar() -> bool:
        text = get(
            f"http://{collector.metrics_endpoint}/metrics",
            headers={"Accept": "application/openmetrics-text"},
        )
        return f'trace_id="{1:032x}"' in (text or "")

    until(exemplar, "an exemplar with the trace id")


@pytest.mark.slow
def test_prometheus_and_the_analysis_count_the_same_calls_of_a_whole_agency(
    collector: Collector, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = RecordedRun(once_per_run(tmp_path_factory, "newsletter", record_agency))
    arguments = ["--endpoint", collector.http_endpoint, "--journal", str(tmp_path / "journal")]
    assert main([str(run.directory), *arguments]) == 0

    with open_traces(run.directory) as traces:
        wanted = {row["tool_name"]: row["calls"] for row in traces.records("tools")}
    until(lambda: counts(collector) == wanted, f"{wanted}")
