"""How a tool's failed calls go with failed sessions."""

from pathlib import Path

import pytest

from support.runs import make_run
from support.sessions import Session, write_sessions
from toolspan.analytics import failed_calls
from toolspan.analytics.comparison import failed_calls as of_run


@pytest.mark.requirement("analytics.05-error-propagation")
def test_sessions_that_use_the_tool_are_told_apart_by_whether_a_call_of_it_failed() -> None:
    # Search fails in 20 sessions, of which 5 end well; it works in 20, of which all do. Ten more
    # never call it and all fail. Read always works; write fails in one.
    calls = [(n, "search", n >= 20, 5.0) for n in range(40)]
    calls += [(n, "search", True, 5.0) for n in range(20)]
    calls += [(n, "read", True, 5.0) for n in range(50)]
    calls += [(n, "write", n > 0, 5.0) for n in range(30)]
    is_ok = [1.0] * 5 + [0.0] * 15 + [1.0] * 20 + [0.0] * 10
    search, write = of_run(make_run(50, calls=calls, is_ok=is_ok))
    assert {name: search[name] for name in list(search)[:6]} == {
        "tool_name": "search",
        "sessions_failed": 20,
        "sessions_worked": 20,
        "success_failed": pytest.approx(0.25),
        "success_worked": pytest.approx(1),
        "difference": pytest.approx(-0.75),
    }
    assert -1 < search["low"] < -0.75 < search["high"] < -0.4
    assert search["p_value"] == search["p_holm"] < 0.001
    assert (write["sessions_failed"], write["difference"]) == (1, None)
    assert write["note"] == "fewer than 8 comparable sessions on a side"


def test_a_workflow_that_fails_more_does_not_blame_its_tool() -> None:
    calls = [(n, "search", n % 4 > (2 if n < 40 else 0), 5.0) for n in range(80)]
    is_ok = [float(n // 4 % 2) if n < 40 else 1.0 for n in range(80)]
    run = make_run(80, workflow=["hard"] * 40 + ["easy"] * 40, calls=calls, is_ok=is_ok)
    (search,) = of_run(run)
    assert search["difference"] == pytest.approx(0)


@pytest.mark.requirement("analytics.05-error-propagation")
def test_the_command_and_the_function_tell_the_same_of_traces(cli, tmp_path: Path) -> None:
    sessions = [Session(["search!" if n % 2 else "search"], failed=n % 4 == 1) for n in range(32)]
    spans, _ = write_sessions(tmp_path, sessions)
    (record,) = cli.json("failed-calls", spans)
    assert (record["success_failed"], record["success_worked"]) == (0.5, 1.0)
    assert failed_calls(spans).to_dict("records") == [record]
    assert cli("failed-calls", spans) == 0
    assert "a difference, never its cause" in cli.out
    write_sessions(tmp_path, [Session(["search"])] * 9)
    assert cli("failed-calls", spans) == 0
    assert cli.out == "Note: there is nothing to compare\n"


def test_what_is_alike_on_no_side_is_left_out_and_said() -> None:
    calls = [(n, "search", n % 2 == 0, 5.0) for n in range(40)]
    workflow = ["chat"] * 38 + ["odd", "even"]
    run = make_run(40, workflow=workflow, calls=calls, is_ok=[1.0, 0.0] * 20)
    (search,) = of_run(run)
    assert search["note"] == "2 sessions left out, without any like them on the other side"
    run = make_run(40, tasks=[f"t{n % 2}" for n in range(40)], calls=calls, is_ok=[1.0] * 40)
    (search,) = of_run(run, within=["task"])
    assert search["note"] == "the sides share no value of task"
