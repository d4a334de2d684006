"""What the installed wheel brings, alone and with its extras."""

import json
import re
from pathlib import Path

import pytest

from support.environments import Distribution, Environment, new_environment, uv
from toolspan.launcher._verbs import VERBS

pytestmark = [pytest.mark.packaging]

DISTRIBUTIONS = """
import importlib.metadata, json
print(json.dumps(sorted(d.name.lower() for d in importlib.metadata.distributions())))
"""
# How each of our entry points loads: "ok", or the missing module.
ENTRY_POINTS = """
import importlib.metadata, json
found = {}
for entry in importlib.metadata.distribution("toolspan").entry_points:
    try:
        entry.load()
        found[f"{entry.group}: {entry.name}"] = "ok"
    except ModuleNotFoundError as error:
        found[f"{entry.group}: {entry.name}"] = error.name
print(json.dumps(found))
"""


def entry_points(environment: Environment) -> dict[str, str]:
    return json.loads(environment.evaluate(ENTRY_POINTS))


@pytest.fixture(scope="module")
def full_environment(distribution: Distribution, tmp_path_factory) -> Environment:
    environment = new_environment(tmp_path_factory.mktemp("all") / "venv")
    environment.uv_install(f"{distribution.wheel}[all]")
    return environment


@pytest.mark.requirement("capability.N-light-core")
def test_the_wheel_alone_brings_nothing_of_the_analysis(base_environment: Environment):
    installed = set(json.loads(base_environment.evaluate(DISTRIBUTIONS)))
    assert {"toolspan", "opentelemetry-sdk", "opentelemetry-distro", "wrapt", "pyyaml"} <= installed
    assert installed.isdisjoint(
        {"pandas", "numpy", "duckdb", "scipy", "pyarrow", "rich", "jinja2", "zstandard", "grpcio"}
    )
    assert len(installed) <= 12


@pytest.mark.requirement("design.2-missing-extra")
@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if verb.extra])
def test_a_verb_whose_extra_is_missing_says_what_to_install(
    base_environment: Environment, tmp_path: Path, name: str
):
    (tmp_path / "spans.jsonl").write_text('{"resourceSpans":[]}\n', encoding="utf-8")
    asked = ["--out", str(tmp_path / "kept")] if name == "compact" else []  # it will not do without
    done = base_environment.toolspan(*name.split("."), str(tmp_path / "spans.jsonl"), *asked)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(
        rf"toolspan {name.replace('.', ' ')} needs \w+, which is not installed: "
        rf"pip install 'toolspan\[{VERBS[name].extra}\]'\n",
        done.stderr,
    )


def test_every_entry_point_of_the_base_loads_from_the_wheel_alone(base_environment: Environment):
    failing = {name: why for name, why in entry_points(base_environment).items() if why != "ok"}
    needs_extra = {f"toolspan.commands: {name}" for name, verb in VERBS.items() if verb.extra}
    assert {name: why for name, why in failing.items() if name not in needs_extra} == {}


@pytest.mark.requirement("design.2-analytics-verbs")
def test_every_verb_loads_with_the_analytics_extra_alone(
    distribution: Distribution, tmp_path: Path
):
    environment = new_environment(tmp_path / "venv")
    environment.uv_install(f"{distribution.wheel}[analytics]")
    loaded = {
        name.removeprefix("toolspan.commands: "): how
        for name, how in entry_points(environment).items()
        if name.startswith("toolspan.commands: ")
    }
    assert loaded == dict.fromkeys(VERBS, "ok")


def test_every_entry_point_loads_with_all_extras(full_environment: Environment):
    failing = {name: why for name, why in entry_points(full_environment).items() if why != "ok"}
    assert failing == {}


@pytest.mark.requirement("pain.13-wide-ranges")
@pytest.mark.parametrize("resolution", ["highest", "lowest-direct"])
def test_all_extras_resolve_together_at_their_newest_and_at_their_oldest(
    resolution: str, distribution: Distribution, tmp_path: Path
):
    wanted = tmp_path / "requirements.in"
    wanted.write_text(f"toolspan[dev] @ {distribution.wheel.as_uri()}\n")  # dev includes all others
    resolved = uv("pip", "compile", "--quiet", "--resolution", resolution, wanted, cwd=tmp_path)
    assert "duckdb==" in resolved
