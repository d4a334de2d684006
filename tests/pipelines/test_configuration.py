"""Every configuration is accepted by the real collector, and what is wrong in one is refused."""

import re
from pathlib import Path

import pytest
import yaml

from support.collector import CONFIG, validate
from support.reference import REPOSITORY
from toolspan.conventions import attributes

CONFIGS = [CONFIG, REPOSITORY / "deploy" / "collector" / "replay.yaml"]


@pytest.mark.requirement("pipelines.valid-configurations")
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_the_collector_accepts_the_configuration(config: Path) -> None:
    done = validate(config)

    assert (done.returncode, done.stderr) == (0, "")


def test_every_configuration_of_the_repository_is_checked() -> None:
    found = {*REPOSITORY.glob("*collector*.yaml"), *(REPOSITORY / "deploy").rglob("*.yaml")}
    collectors = {path for path in found if "\nservice:\n" in path.read_text(encoding="utf-8")}
    assert collectors - {REPOSITORY / "deploy" / "compose.yaml"} == set(CONFIGS)


@pytest.mark.requirement("pipelines.misspelt-key")
def test_a_misspelt_key_is_refused_by_its_name() -> None:
    done = validate(CONFIG, "yaml:exporters::file/spans::rotatoin::max_days: 1")

    assert done.returncode == 1
    assert "rotatoin" in done.stderr


def test_a_component_that_no_pipeline_uses_is_no_part_of_the_configuration() -> None:
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    pipelines = config["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in pipelines for name in pipeline[kind]}
        assert set(config[kind]) <= used, kind


def test_every_environment_variable_of_the_configuration_is_explained_and_has_a_default() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    head, body = text.split("\nextensions:")
    used = set(re.findall(r"\$\{env:(\w+)", body))
    with_default = set(re.findall(r"\$\{env:(\w+):-[^}]+\}", body))
    explained = set(re.findall(r"^#   ([A-Z_]+) ", head, re.MULTILINE))
    assert used == with_default == explained


def test_only_content_and_error_text_are_open_to_redaction() -> None:
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    statement = config["processors"]["transform/redact"]["trace_statements"][0]["statements"][1]
    pattern = re.compile(
        re.fullmatch(r'keep_matching_keys\(cache, "(.*)"\)', statement)[1].replace("\\\\", "\\")
    )
    names = [
        value
        for name, value in vars(attributes).items()
        if name.isupper() and not name.startswith("EVENT_")
    ]
    assert len(names) > 60
    assert {name for name in names if pattern.search(name)} == {
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.evaluation.explanation",
        "exception.message",
    }
