"""The reference of measures names the columns that each measure has, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.reference import REPOSITORY
from toolspan.analytics import Traces, open_traces
from toolspan.analytics.measures import MEASURES

PAGE = REPOSITORY / "docs" / "reference" / "measures.md"
NEWSLETTER = Path(__file__).parents[1] / "analytics" / "data" / "newsletter"
RATED = ("tools", "agents", "workflows", "steps", "models", "servers", "trends")


@pytest.fixture(scope="module")
def traces() -> Iterator[Traces]:
    with open_traces(NEWSLETTER) as opened:
        yield opened


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def named(section: str) -> list[str]:
    cells = re.findall(r"^\| (`.+?) \| ", section, re.MULTILINE)
    return re.findall(r"`(\w+)`", " ".join(cells))


@pytest.mark.parametrize("measure", [name for name in sections() if name in MEASURES])
def test_every_column_of_a_measure_is_described(traces: Traces, measure: str) -> None:
    common = named(sections()["How things end"]) if measure in RATED else []
    described = [*common, *named(sections()[measure])]
    assert sorted(described) == sorted(set(traces.result_columns(measure)))


def test_the_columns_of_the_critical_path_are_described(traces: Traces) -> None:
    assert named(sections()["critical_path"]) == list(traces.critical_path().columns)


def test_every_measure_for_people_is_described() -> None:
    described = [name for name in sections() if name in MEASURES]
    internal = {"totals", "feedback_summary", "tool_sessions", "retry_sessions", "offered_tools"}
    assert set(described) == set(MEASURES) - internal
