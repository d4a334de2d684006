"""`deploy/`: what its files say of each other, and the dashboard against real Prometheus."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.collector import CONFIG, Collector
from support.post import post
from support.prometheus import Prometheus
from support.reference import REPOSITORY
from support.servers import until
from support.traces import mcp_call, otlp

DEPLOY = REPOSITORY / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "tools.json"
PROVISIONING = DEPLOY / "grafana" / "provisioning"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(COMPOSE)["services"]
    return found


def check_schema(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", path],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.requirement("pipelines.compose")
def test_the_compose_file_keeps_to_the_schema_of_compose_files(tmp_path: Path) -> None:
    done = check_schema(COMPOSE)
    assert done.returncode == 0, done.stdout

    misspelt = tmp_path / "compose.yaml"
    text = COMPOSE.read_text(encoding="utf-8")
    misspelt.write_text(text.replace("restart:", "restrat:", 1), encoding="utf-8")
    assert "restrat" in check_schema(misspelt).stdout


@pytest.mark.requirement("pipelines.compose")
def test_every_image_is_pinned_to_a_release() -> None:
    images = {name: service["image"] for name, service in services().items()}
    assert set(images) == {"collector", "jaeger", "tempo", "prometheus", "grafana"}
    assert [i for i in images.values() if not re.search(r":v?\d+\.\d+\.\d+$", i)] == []


def test_the_collector_is_of_the_release_that_the_tests_build() -> None:
    release = services()["collector"]["image"].split(":")[1]
    assert load(DEPLOY / "collector" / "builder-config.yaml")["dist"]["version"] == release
    assert f"Least version: v{release} " in CONFIG.read_text(encoding="utf-8")


def mounted() -> Iterator[tuple[str, str]]:
    for service in services().values():
        for volume in service.get("volumes", ()):
            source, target = volume.split(":")[:2]
            yield source, target


def test_every_file_that_is_mounted_is_there() -> None:
    named = set(load(COMPOSE)["volumes"])
    sources = {source for source, _ in mounted()} - named - {"./archive"}
    assert sources
    assert {source for source in sources if not (DEPLOY / source).exists()} == set()


def test_no_port_is_open_beyond_this_machine() -> None:
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_variable_of_the_collector_is_one_of_its_configuration() -> None:
    known = set(re.findall(r"\$\{env:(\w+)", CONFIG.read_text(encoding="utf-8")))
    assert set(services()["collector"]["environment"]) - known == {"GOMEMLIMIT"}


def test_the_files_name_each_other_by_service_and_port() -> None:
    """Who is called, at which port, from where; and who listens there."""
    texts = [
        *services()["collector"]["environment"].values(),
        (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"),
        (PROVISIONING / "datasources" / "toolspan.yaml").read_text(encoding="utf-8"),
    ]
    names = "|".join(services())
    called = {match for text in texts for match in re.findall(rf"\b(?:{names}):\d+", text)}
    assert called == {
        "jaeger:4317",
        "jaeger:16686",
        "tempo:4318",
        "tempo:3200",
        "prometheus:9090",
        "collector:8888",
        "collector:8889",
    }
    tempo = load(DEPLOY / "tempo" / "tempo.yaml")
    assert tempo["server"]["http_listen_port"] == 3200
    assert tempo["distributor"]["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(
        ":4318"
    )
    assert services()["jaeger"]["environment"] == {"JAEGER_LISTEN_HOST": "0.0.0.0"}


def test_grafana_finds_the_dashboard_and_an_exemplar_its_trace() -> None:
    (provider,) = load(PROVISIONING / "dashboards" / "toolspan.yaml")["providers"]
    assert provider["options"]["path"] in {target for _, target in mounted()}

    sources = load(PROVISIONING / "datasources" / "toolspan.yaml")["datasources"]
    by_uid = {source["uid"]: source for source in sources}
    (leads_to,) = by_uid["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert leads_to == {"name": "trace_id", "datasourceUid": "tempo"}
    assert {source["type"] for source in sources} == {"prometheus", "tempo", "jaeger"}


def test_the_dashboard_is_what_its_code_makes() -> None:
    path = DEPLOY / "grafana" / "dashboard.py"
    spec = importlib.util.spec_from_file_location("dashboard", path)
    assert spec is not None
    assert spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)

    assert code.as_json(code.build().build()) == DASHBOARD.read_text(encoding="utf-8"), (
        "run: python deploy/grafana/dashboard.py"
    )


def queries() -> list[str]:
    """Every query of the dashboard with the choices that Grafana would fill in."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    filled = {
        "$__rate_interval": "1m",
        "$__range": "30m",
        "$job": ".*",
        "$tool": ".*",
    }
    found = []
    for panel in panels:
        for target in panel.get("targets", ()):
            text = target["expr"]
            for name, value in filled.items():
                text = text.replace(name, value)
            assert "$" not in text
            found.append(text)
    return found


@pytest.mark.requirement("analytics.09-grafana-prometheus", "pipelines.dashboard")
def test_every_query_of_the_dashboard_is_answered_by_real_prometheus(tmp_path: Path) -> None:
    assert len(queries()) > 15
    charge = {"toolspan__tool__cost__amount": 1.0, "toolspan__tool__cost__currency": "EUR"}
    at_once = {"TOOLSPAN_DECISION_WAIT": "100ms"}
    with (
        Collector(tmp_path / "collector", env=at_once) as collector,
        Prometheus(tmp_path / "prometheus", collector) as prometheus,
    ):

        def calls(numbers: range, outcome: str, **more: Any) -> None:
            for number in numbers:
                spans = mcp_call(number, toolspan__outcome=outcome, **charge, **more)
                post(collector.http_endpoint, otlp(spans, resource={"service.name": "agency"}))

        # What appears with its first value, as histograms and costs do, shows no increase by it.
        calls(range(1, 2), "ok")
        calls(range(2, 3), "timeout", error__type="TimeoutError")
        until(lambda: prometheus.query("sum(toolspan_calls_total) == 2"), "the first two")
        until(lambda: prometheus.query("toolspan_tool_cost_total == 2"), "their charges")
        calls(range(3, 6), "ok")
        calls(range(6, 8), "timeout", error__type="TimeoutError")
        until(lambda: prometheus.query("sum(toolspan_calls_total) == 7"), "seven calls")

        waiting_for = set(queries())

        def answered() -> bool:
            waiting_for.difference_update(
                [expression for expression in waiting_for if prometheus.query(expression)]
            )
            return not waiting_for

        until(answered, "an answer to each query")
