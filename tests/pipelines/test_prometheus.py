"""Recording and alerting rules: right by promtool's arithmetic, and at home in what the collector shows."""

import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.collector import Collector
from support.post import post
from support.prometheus import CONFIG, FOLDER, RULES, Prometheus
from support.servers import prometheus_program, until
from support.traces import mcp_call, otlp

TESTS = sorted(FOLDER.glob("*.test.yml"))
SERVICE = {"service.name": "agency"}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [prometheus_program("promtool"), *arguments], capture_output=True, text=True, check=False
    )


def rules(kind: str) -> set[str]:
    """The names of all rules of a kind, `alert` or `record`."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule[kind] for group in groups for rule in group["rules"] if kind in rule}


def rule_tests() -> list[dict[str, Any]]:
    return [
        test for path in TESTS for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
    ]


def test_prometheus_accepts_the_configuration_and_the_rules() -> None:
    checked = promtool("check", "config", CONFIG)

    assert checked.returncode == 0, checked.stderr
    assert "1 rule files found" in checked.stdout


@pytest.mark.requirement("analytics.09-grafana-prometheus", "pipelines.rules")
def test_the_rules_say_what_they_should_of_made_up_hours_and_days() -> None:
    done = promtool("test", "rules", *TESTS)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(TESTS) == 2


def test_a_rule_that_forgets_timeouts_is_found_out(tmp_path: Path) -> None:
    text = RULES.read_text(encoding="utf-8")
    assert text.count('=~"error|tool_error|timeout"') == 1
    (tmp_path / RULES.name).write_text(
        text.replace('=~"error|tool_error|timeout"', '=~"error|tool_error"'), encoding="utf-8"
    )
    tests = tmp_path / "rules.test.yml"
    tests.write_text((FOLDER / tests.name).read_text(encoding="utf-8"), encoding="utf-8")

    done = promtool("test", "rules", tests)
    assert (done.returncode, "FAILED" in done.stderr) == (1, True)


def test_every_rule_is_tested_and_every_alert_both_loud_and_quiet() -> None:
    alerts = [alert for test in rule_tests() for alert in test.get("alert_rule_test", ())]
    assert {alert["alertname"] for alert in alerts if alert["exp_alerts"]} == rules("alert")
    assert {alert["alertname"] for alert in alerts if not alert["exp_alerts"]} == rules("alert")

    asked = [item["expr"] for test in rule_tests() for item in test.get("promql_expr_test", ())]
    assert {name for name in rules("record") if not any(name in expr for expr in asked)} == set()


def test_the_rules_judge_what_real_prometheus_reads_from_the_collector(
    collector: Collector, tmp_path: Path
) -> None:
    with Prometheus(tmp_path / "prometheus", collector) as prometheus:
        charge = {"toolspan__tool__cost__amount": 1.0, "toolspan__tool__cost__currency": "EUR"}

        def calls(numbers: range, outcome: str) -> None:
            for number in numbers:
                spans = mcp_call(number, toolspan__outcome=outcome, **charge)
                post(collector.http_endpoint, otlp(spans, resource=SERVICE))

        # Each series has to be seen before it grows: on a busy machine a scrape may miss its 0, and
        # a counter of cost has none.
        calls(range(1), "ok")
        calls(range(1, 2), "timeout")
        until(lambda: prometheus.query("sum(toolspan_calls_total) == 2"), "the first two")
        until(lambda: prometheus.query("toolspan_tool_cost_total == 2"), "their charges")
        calls(range(2, 12), "ok")
        calls(range(12, 22), "timeout")

        until(lambda: prometheus.query("sum(toolspan_calls_total) == 22"), "22 calls")
        # Prometheus extrapolates increases, of each series a little differently.
        ratio = "tool:toolspan_error_ratio:ratio30m"
        until(lambda: prometheus.query(f"{ratio} > 0.4 < 0.6"), "half failed")
        until(lambda: prometheus.query("tool:toolspan_tool_cost:increase1h > 18"), "the charges")
        until(lambda: prometheus.query("tool:toolspan_duration_seconds:p95_30m"), "a percentile")

        def unhealthy() -> list[Any]:
            return [
                (rule["name"], rule["health"], rule.get("lastError"))
                for rule in prometheus.rules()
                if rule["health"] != "ok"
            ]

        until(lambda: prometheus.rules() and not unhealthy(), f"healthy rules: {unhealthy()}")
        names = {rule["name"] for rule in prometheus.rules()}
        assert names == rules("alert") | rules("record")


def test_the_metrics_keep_their_names_for_prometheus_3(collector: Collector) -> None:
    """Prometheus 3 asks for names as they are, dots included; ours must not change by that."""
    post(collector.http_endpoint, otlp(mcp_call(1, toolspan__outcome="ok"), resource=SERVICE))
    until(lambda: any(collector.metrics()), "a first metric")
    accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,*/*;q=0.1"
    request = urllib.request.Request(
        f"http://{collector.metrics_endpoint}/metrics", headers={"Accept": accept}
    )
    with urllib.request.urlopen(request) as answer:
        text = answer.read().decode()
    assert 'toolspan_calls_total{gen_ai_tool_name="search",job="agency"' in text
    assert "toolspan.calls" not in text
