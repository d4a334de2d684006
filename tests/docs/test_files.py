"""What the documentation says of span files is what the code does."""

import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from support.reference import REPOSITORY
from support.zero_code import TOOLSPAN, Workplace
from toolspan.exporters import FileSettings, Reason, Stats
from toolspan.exporters._settings import variable_of
from toolspan.exporters.writing import _slow_disk

DURABILITY = (REPOSITORY / "docs/explanation/durability.md").read_text(encoding="utf-8")
OPERATION = (REPOSITORY / "docs/how-to/span-files.md").read_text(encoding="utf-8")
REFERENCE = (REPOSITORY / "docs/reference/files.md").read_text(encoding="utf-8")


def rows(text: str, heading: str) -> Iterator[list[str]]:
    """The rows of the table whose first column has this heading, without the code marks."""
    table = re.search(
        rf"^\| {re.escape(heading)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text, re.MULTILINE
    )
    assert table, heading
    for line in table[1].splitlines():
        yield [cell.strip() for cell in line.strip("|").split("|")]


def bare(text: str) -> str:
    return text.strip("`")


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_the_table_of_settings_is_the_code() -> None:
    assert [
        (bare(name), bare(variable), bare(default), meaning)
        for name, variable, default, meaning in rows(REFERENCE, "setting")
    ] == [
        (
            setting.name,
            variable_of(setting.name),
            as_text(setting.default),
            setting.metadata["says"]
            + (
                f" ({', '.join(f'`{choice}`' for choice in choices)})"
                if (choices := get_args(setting.type))
                else ""
            ),
        )
        for setting in fields(FileSettings)
    ]


def test_no_setting_is_read_from_the_environment_anywhere_else() -> None:
    """`TOOLSPAN_FILES_*` has one home: no source but the settings' spells such a name out."""
    spelt = {
        match
        for folder in ("instrumentation", "exporters")
        for path in (REPOSITORY / folder).rglob("*.py")
        for match in re.findall(r"TOOLSPAN_FILES_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert spelt <= {variable_of(setting.name) for setting in fields(FileSettings)}


def test_every_counter_and_every_reason_is_explained() -> None:
    assert [bare(row[0]) for row in rows(REFERENCE, "field")] == [
        field.name for field in fields(Stats)
    ]
    assert [bare(row[0]) for row in rows(REFERENCE, "reason")] == [str(reason) for reason in Reason]


@pytest.mark.requirement("design.4-switch-over")
def test_the_rule_for_slow_disks_is_the_code() -> None:
    found = re.search(
        r"When (\d+) of the last (\d+) writes took longer than (\d+) ms \(`slow_write_ms`\)",
        " ".join(DURABILITY.replace("\n>", "\n").split()),
    )
    assert found
    assert tuple(map(int, found.groups())) == (
        _slow_disk.SLOW_WRITES,
        _slow_disk.AMONG_WRITES,
        FileSettings().slow_write_ms,
    )
    assert f"if more than {_slow_disk._SLOW_ANSWERS} of the 10 answers are slow" in DURABILITY


def test_there_is_advice_for_every_drop() -> None:
    told = {bare(row[0]) for row in rows(OPERATION, "what grows") if row[0].startswith("`dropped")}
    assert told == {f'dropped["{reason}"]' for reason in Reason}


def test_the_snippets_of_the_page_on_operation_run(tmp_path: Path) -> None:
    snippets = re.findall(r"^```python\n(.*?)^```$", OPERATION, re.MULTILINE | re.DOTALL)
    place = Workplace(tmp_path)
    place.write("snippets.py", "\n".join(snippets))
    done = place.start(sys.executable, "snippets.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Stats(mode='write_through'" in done.stdout


def test_the_variables_of_the_page_on_operation_are_settings() -> None:
    known = {variable_of(setting.name) for setting in fields(FileSettings)}
    assert set(re.findall(r"TOOLSPAN_FILES_[A-Z_]+", OPERATION)) <= known


AGENT = """
import os, signal, sys
from opentelemetry import trace

{set_up}
trace.get_tracer("agent").start_span("first").end()
trace.get_tracer("agent").start_span("last").end()
if sys.argv[1:] == ["SIGKILL"]:
    os.kill(os.getpid(), signal.SIGKILL)
"""
PROVIDER = """
from opentelemetry.sdk.trace import TracerProvider
provider = TracerProvider()
trace.set_tracer_provider(provider)
"""
WAYS: dict[str, dict[str, Any]] = {
    "`toolspan run -- python agent.py`": {"command": ["toolspan", "run", "--", sys.executable]},
    "`TOOLSPAN_DIR` with `opentelemetry-instrument`": {
        "command": ["opentelemetry-instrument", sys.executable],
        "env": {"OTEL_TRACES_EXPORTER": "none"},
    },
    "`TOOLSPAN_DIR` and a decorated program with its own provider": {
        "set_up": f"{PROVIDER}\n"
        "from toolspan.instrumentation import track_tool_call\n"
        "track_tool_call(print, name='call')()"
    },
    "`toolspan.exporters.attach()`": {
        "set_up": f"{PROVIDER}\nfrom toolspan.exporters import attach\nassert attach()"
    },
    "`JsonlSpanProcessor` on a provider by hand": {
        "set_up": f"{PROVIDER}\nfrom toolspan.exporters import JsonlSpanProcessor\n"
        "provider.add_span_processor(JsonlSpanProcessor(os.environ['TOOLSPAN_DIR']))"
    },
    "`OTEL_TRACES_EXPORTER=toolspan_jsonl`": {
        "command": ["opentelemetry-instrument", sys.executable],
        "env": {"TOOLSPAN_DIR": "", "OTEL_TRACES_EXPORTER": "toolspan_jsonl"},
    },
    "`toolspan_jsonl` in a declarative configuration": {
        "command": ["opentelemetry-instrument", sys.executable],
        "env": {"TOOLSPAN_DIR": "", "OTEL_CONFIG_FILE": "otel.yaml"},
    },
}
CONFIGURATION = """
file_format: "1.0"
tracer_provider:
  processors:
    - batch:
        exporter:
          toolspan_jsonl:
"""


def spans_left(way: str, ending: str, folder: Path) -> list[str]:
    """The names of the agent's spans in files after it was switched on this way and ended so."""
    given = WAYS[way]
    place = Workplace(folder)
    place.write("agent.py", AGENT.format(set_up=given.get("set_up", "")))
    place.write("otel.yaml", CONFIGURATION)
    command, *words = given.get("command", [sys.executable])
    done = place.start(
        Path(TOOLSPAN).parent / command,
        *words,
        "agent.py",
        ending,
        **{
            "TOOLSPAN_DIR": "toolspan-data",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            **given.get("env", {}),
        },
    )
    assert done.returncode == (-signal.SIGKILL if ending == "SIGKILL" else 0), done.stderr
    return (
        [name for name in place.names if name != "execute_tool call"] if place.data.exists() else []
    )


@pytest.mark.requirement("design.4-ways-in")
@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_keeps_what_the_table_promises(way: str, tmp_path: Path) -> None:
    promised = {
        row[0]: dict(zip(("SIGKILL", "normal"), row[1:], strict=True))
        for row in rows(DURABILITY, "way")
    }
    assert set(promised) == set(WAYS)
    for ending, promise in promised[way].items():
        folder = tmp_path / ending
        folder.mkdir()
        assert spans_left(way, ending, folder) == (["first", "last"] if promise == "kept" else [])


@pytest.mark.parametrize(
    "page", ["explanation/durability.md", "how-to/span-files.md", "reference/files.md"]
)
def test_every_link_leads_somewhere(page: str) -> None:
    path = REPOSITORY / "docs" / page
    for target in re.findall(r"\]\(([^)#h][^)#]*)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
