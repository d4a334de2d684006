"""Charts are drawn from the numbers of the report, and can be read without seeing them."""

import re
import sys
from xml.etree import ElementTree as ET

import pytest

from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.report import gather, to_html
from toolspan.analytics.report.charts import Chart, draw_all, ladder


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory):
    """Sixty sessions over two days: `odd` goes with low scores, `fetch` is tried up to thrice."""
    folder = tmp_path_factory.mktemp("charts")
    lines = []
    for n in range(60):
        at = n * 3e6
        spans = [agent("helper", 1, trace=n, session__id=f"s{n}", at=at, ms=9000)]
        spans += [tool("fine", 12 + k, 1, trace=n, at=at, ms=50 + n) for k in range(1 + n // 2 % 3)]
        if n % 2:
            spans.append(tool("odd", 3, 1, trace=n, at=at + 100, error="E" if n % 5 == 0 else None))
        tries = 1 + (n % 3 == 0)
        more = {"toolspan__attempt__count": 2} if tries == 2 else {}
        spans.append(tool("fetch", 4, 1, trace=n, at=at + 200, ms=300, **more))
        for k in range(tries if tries > 1 else 0):
            failed = {"error": "Timeout"} if k == 0 else {}
            spans.append(
                span("attempt fetch", 5 + k, 4, trace=n, at=at + 200 + 150 * k,
                     toolspan__tool_call__layer="attempt", toolspan__attempt__number=k + 1,
                     **failed)
            )  # fmt: skip
        lines.append(otlp(spans, scope="toolspan.instrumentation"))
    path = write_lines(folder / "spans.jsonl", *lines)
    scores = folder / "scores.csv"
    rows = "\n".join(f"s{n},{(0.3 if n % 2 else 0.8) + 0.01 * (n % 7)}" for n in range(60))
    scores.write_text(f"session_id,score\n{rows}\n", encoding="utf-8")
    with open_traces(path, feedback=scores) as traces:
        return gather(traces)


def said(chart: Chart) -> list[str]:
    """The texts a screen reader speaks for the marks of the chart."""
    found = ET.fromstring(chart.wide).iter()
    labels = [each.get("aria-label") for each in found if each.get("aria-roledescription")]
    return [label for label in labels if label and "axis" not in label]


def one(charts: list[Chart], name: str) -> Chart:
    (found,) = (chart for chart in charts if chart.name == name)
    return found


def test_every_mark_says_its_numbers(facts) -> None:
    charts = draw_all(facts)
    assert [chart.name for chart in charts] == [
        "success",
        "latency",
        "trend",
        "retries",
        "effects",
    ]
    assert "odd: 80 % of 30 calls, 95 % interval 62–91 %" in said(one(charts, "success"))  # noqa: RUF001
    assert any(text.startswith("fetch: p50 300 ms") for text in said(one(charts, "latency")))
    assert "fetch, attempt 2: 20 of 20 succeeded (100 %)" in said(one(charts, "retries"))
    assert any("calls, " in text for text in said(one(charts, "trend")))


@pytest.mark.requirement("analytics.02-forest-plot")
def test_the_forest_plot_shows_each_difference_with_its_interval(facts) -> None:
    chart = one(draw_all(facts), "effects")
    (odd,) = (row for row in facts.findings.records if row["exposure"] == "odd")
    assert odd["verdict"] == "supported"
    assert odd["sentence"] in said(chart)
    assert "An association, not a cause." in chart.caption


def test_the_ladder_counts_first_attempts_too(facts) -> None:
    assert ladder(facts.tools, facts.recovery) == [
        {"tool_name": "fetch", "attempt": 1, "made": 60, "ok": 40},
        {"tool_name": "fetch", "attempt": 2, "made": 20, "ok": 20},
    ]


def test_charts_have_no_colour_but_those_of_the_page(facts) -> None:
    for chart in draw_all(facts):
        for svg in (chart.wide, chart.narrow):
            used = re.findall(r'(?:fill|stroke)="([^"]+)"', svg)
            assert {colour for colour in used if not colour.startswith("var(")} <= {"none"}


def test_without_the_drawing_library_the_page_has_its_tables(
    facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = to_html(facts)
    assert "<svg" not in page
    assert "pip install vl-convert-python" in page
    assert "odd" in page
