"""What a session that ends well costs, with a tool and without it."""

from pathlib import Path

import numpy as np
import pytest

from support.runs import make_run
from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import UsageError, cost_per_success
from toolspan.analytics.comparison import judged_by_score, tool_costs


def calls(sessions: range, name: str) -> list[tuple[int, str, bool, float]]:
    return [(session, name, True, 5.0) for session in sessions]


@pytest.mark.requirement("analytics.03-per-successful-session")
def test_all_cost_is_divided_by_all_good_ends_with_each_tool_and_without() -> None:
    # 20 sessions with search cost 3 each and half of them end well; 20 without cost 1 and all do.
    cost = [3.1, 2.9] * 10 + [1.1, 0.9] * 10
    run = make_run(
        41,
        calls=[*calls(range(40), "read"), *calls(range(20), "search"), *calls(range(2), "rare")],
        is_ok=[1.0] * 10 + [0.0] * 10 + [1.0] * 20 + [np.nan],
        cost=[*cost, 100.0],
    )
    read, search, rare = tool_costs(run)
    assert {key: search[key] for key in ("cost_with", "cost_without", "difference")} == {
        "cost_with": pytest.approx(6.0),
        "cost_without": pytest.approx(1.0),
        "difference": pytest.approx(5.0),
    }
    assert 0.5 < search["low"] < 5 < search["high"]
    assert (search["sessions_with"], search["sessions_without"]) == (20, 20)
    assert search["p_value"] == search["p_holm"] < 0.001
    nothing = dict.fromkeys(("difference", "low", "high", "p_value", "p_holm"))
    assert read == {
        "tool_name": "read", "sessions_with": 40, "sessions_without": 0,
        "cost_with": pytest.approx(80 / 30), "cost_without": None, **nothing,
        "note": "every session uses it",
    }  # fmt: skip
    assert rare["note"] == "fewer than 8 comparable sessions on a side"
    assert rare["difference"] is None


def test_a_dear_workflow_does_not_make_its_tool_dear() -> None:
    # Sessions of research cost ten times those of chat; search is used more in research.
    run = make_run(
        80,
        workflow=["research"] * 40 + ["chat"] * 40,
        calls=calls(range(30), "search") + calls(range(40, 50), "search"),
        is_ok=[1.0] * 80,
        cost=[10.0, 10.2, 9.8, 10.0] * 10 + [1.0, 1.02, 0.98, 1.0] * 10,
    )
    (search,) = tool_costs(run)
    assert search["difference"] == pytest.approx(0, abs=0.02)
    assert search["p_value"] > 0.05


def test_success_may_be_what_a_score_says() -> None:
    run = make_run(4, quality=[1.0, 2.0, 4.0, 5.0], is_ok=[1.0] * 4, cost=[1.0] * 4)
    assert judged_by_score(run, "quality").numbers["is_ok"].tolist() == [0, 0, 1, 1]
    with pytest.raises(UsageError, match="no score 'tone'; there are: quality"):
        judged_by_score(run, "tone")
    with pytest.raises(UsageError, match="no session has both a known cost and a known end"):
        tool_costs(make_run(4, is_ok=[1.0] * 4))


@pytest.mark.requirement("analytics.03-per-successful-session")
def test_the_command_and_the_function_tell_the_same_of_traces(cli, tmp_path: Path) -> None:
    spans = []
    for number in range(20):
        about = {"trace": number + 1, "session__id": f"s{number}"}
        spans.append(agent("helper", 10 * number + 1, **about))
        spans.append(
            span(
                "chat", 10 * number + 2, 10 * number + 1, gen_ai__operation__name="chat",
                gen_ai__request__model="m", gen_ai__usage__cost=1.0 + number % 2, **about,
            )
        )  # fmt: skip
        if number % 2:
            spans.append(tool("search", 10 * number + 3, 10 * number + 1, **about))
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans))
    (record,) = cli.json("costs", path)
    assert (record["cost_with"], record["cost_without"]) == (2.0, 1.0)
    assert record["difference"] == pytest.approx(1.0)
    frame = cost_per_success(path)
    assert frame.to_dict("records") == [record]
    assert cli("costs", path) == 0
    assert cli.out.splitlines()[0].split()[:3] == ["tool", "with", "it"]
    assert "a difference, never its cause" in cli.out
