"""What is said of sessions whose truth is plain: verdicts, reversals, refusals, each word for word."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.sessions import Session, write_sessions
from toolspan.analytics import UsageError, open_traces
from toolspan.analytics.findings import VERDICTS

MINUS = "\N{MINUS SIGN}"
CAUSAL = re.compile(
    r"\b(caus\w+|because of|due to|leads? to|results? in|makes?|improve[sd]?|reduce[sd]?|hurts?|"
    r"effect of|thanks to|impact\w*|drives?)\b"
)


def rows(folder: Path, sessions: list[Session], **asked: Any) -> dict[str, dict[str, Any]]:
    """The findings, by exposure."""
    with open_traces(*write_sessions(folder, sessions)) as traces:
        return {row["exposure"]: row for row in traces.correlation(**asked).records}


def two_halves(n: int, better: float, *, noise: float = 0.1, seed: int = 0) -> list[Session]:
    """Half of the sessions use `extra`; they score `better` more. All use `base`."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(n):
        used = number % 2
        tools = ["base"] * int(random.integers(1, 4)) + ["extra"] * used
        score = round(3 + better * used + random.normal(0, noise), 3)
        made.append(Session(tools, score))
    return made


@pytest.mark.requirement("design.6-verdicts", "design.6-effect")
def test_a_clear_difference_is_supported_and_said_with_its_interval(tmp_path) -> None:
    row = rows(tmp_path, two_halves(80, -1.0))["extra"]
    assert row["verdict"] == "supported"
    low, high = row["ci_low"], row["ci_high"]
    assert low < row["difference"] < high < 0
    assert row["sentence"] == (
        f"Sessions using 'extra' scored {-row['difference']:.2f} lower (95 % CI {MINUS}{-low:.2f}…"
        f"{MINUS}{-high:.2f}) than comparable sessions."
    )


def test_no_difference_is_no_evidence_and_says_what_is_ruled_out(tmp_path) -> None:
    row = rows(tmp_path, two_halves(120, 0.0, noise=1.0, seed=3))["extra"]
    assert row["verdict"] == "no evidence"
    assert row["sentence"] == (
        "No evidence that sessions using 'extra' score differently from comparable sessions: "
        f"differences beyond {MINUS}{-row['ci_low']:.2f} and +{row['ci_high']:.2f} are ruled out."
    )


def test_few_noisy_sessions_are_not_enough_and_say_what_could_have_been_seen(tmp_path) -> None:
    row = rows(tmp_path, two_halves(24, 0.0, noise=1.0, seed=1))["extra"]
    assert row["verdict"] == "not enough data"
    assert row["sentence"] == (
        "Too few comparable sessions to tell whether sessions using 'extra' score differently: "
        f"only a difference of {row['detectable']:.2f} or more could have been seen (95 % CI "
        f"{MINUS}{-row['ci_low']:.2f}…+{row['ci_high']:.2f})."
    )


@pytest.mark.requirement("design.6-multiplicity")
def test_one_of_many_tools_is_suggestive_before_it_is_supported(tmp_path) -> None:
    random = np.random.default_rng(19)
    sessions = []
    for _ in range(160):
        used = random.random(12) < 0.5
        tools = ["base"] * int(random.integers(1, 5))
        tools += [f"t{number}" for number in range(12) if used[number]]
        sessions.append(Session(tools, round(random.normal(0.5 * used[0], 1), 3)))
    found = rows(tmp_path, sessions)
    row = found["t0"]
    assert row["verdict"] == "suggestive"
    assert row["p_max_t"] >= 0.05 > row["p_value"]
    assert row["q_value"] < 0.1
    assert "Up to one in ten of such findings is chance." in row["sentence"]
    assert all(r["p_max_t"] >= r["p_value"] for r in found.values() if r["p_value"] is not None)
    assert all(r["q_value"] >= r["p_value"] for r in found.values() if r["p_value"] is not None)


@pytest.mark.requirement("design.6-strata")
def test_a_difference_of_workflows_is_not_taken_for_one_of_tools(tmp_path) -> None:
    random = np.random.default_rng(5)
    sessions = []
    for number in range(160):
        workflow = ("easy", "hard")[number % 2]
        # Hard questions call for the search four times of five, and score two less either way.
        used = random.random() < (0.2, 0.8)[number % 2]
        score = 4 - 2 * (number % 2) + 0.5 * used + random.normal(0, 0.3)
        tools = ["base"] * int(random.integers(1, 3)) + ["search"] * int(used)
        sessions.append(Session(tools, round(float(score), 3), workflow=workflow))
    with open_traces(*write_sessions(tmp_path, sessions)) as traces:
        found = traces.correlation()
    row = next(row for row in found.records if row["exposure"] == "search")
    assert row["raw_difference"] < -0.5
    assert 0.1 < row["ci_low"] < 0.5 < row["ci_high"] < 0.9
    assert row["reverses"] is True
    raw, adjusted = -row["raw_difference"], row["difference"]
    assert (
        f"Adjusted result reverses the raw one (raw {MINUS}{raw:.2f}, adjusted +{adjusted:.2f}): the raw "
        "difference comes from workflow mix."
    ) in row["sentence"]
    (audit,) = found.audits
    assert audit["factors"] == ["workflow"]


@pytest.mark.requirement("design.6-detectable-effect")
def test_every_row_with_an_interval_says_what_could_have_been_seen(tmp_path) -> None:
    for row in rows(tmp_path, two_halves(60, 0.2, noise=0.5)).values():
        if row["ci_low"] is not None:
            # 2.8 standard errors: seen with 80 % chance. An interval is about four of them wide.
            assert row["detectable"] == pytest.approx(
                2.8 * (row["ci_high"] - row["ci_low"]) / 4, rel=0.05
            )


def test_a_tool_called_after_errors_is_told_from_one_called_before(tmp_path) -> None:
    random = np.random.default_rng(2)
    sessions = []
    for number in range(120):
        hard = number % 3 == 0
        calm = random.random() < 0.3
        tools = ["escalate"] * int(calm and not hard) + ["lookup"] * int(random.integers(1, 7))
        tools += ["fetch!"] * int(hard) + ["escalate"] * int(hard)
        sessions.append(Session(tools, round(4 - 2 * hard + random.normal(0, 0.3), 3)))
    row = rows(tmp_path, sessions)["escalate"]
    assert row["difference"] < -0.5
    assert row["difference_before_error"] > 0
    assert "Most of it is gone when only use before the first error counts " in row["sentence"]
    assert row["sentence"].endswith("it may be called because something went wrong.")


# --- refusals -----------------------------------------------------------------------------


@pytest.mark.requirement("analytics.02-refusals")
def test_too_few_sessions_are_refused_with_what_to_rate(tmp_path) -> None:
    sessions = [Session(["base", "search"], 3 + n % 2) for n in range(6)]
    sessions += [Session(["base"], 3 + n % 2) for n in range(3)]
    sessions += [Session(["base"], None) for n in range(20)]
    row = rows(tmp_path, sessions)["search"]
    assert row["verdict"] == "not enough data"
    assert row["sentence"] == (
        "Not enough rated sessions to relate 'search' to 'quality': 6 used it and had a score, 3 "
        "did not (need 8 and 8 in the same workflow). Rate about 4 more sessions of workflow "
        "'support' that use it and about 10 more sessions of workflow 'support' that do not use it."
    )


def test_a_score_that_never_varies_is_refused(tmp_path) -> None:
    sessions = [Session(["base"] + ["search"] * (n % 2), 1.0) for n in range(42)]
    found = rows(tmp_path, sessions)
    assert found["search"]["sentence"] == (
        "'quality' never varies (all 42 scores are 1.0): nothing to explain."
    )


def test_what_every_session_of_a_workflow_does_is_refused(tmp_path) -> None:
    sessions = [Session(["base", "lookup"], 3 + n % 3, workflow="refund") for n in range(20)]
    sessions += [Session(["base"], 2 + n % 3, workflow="order") for n in range(20)]
    found = rows(tmp_path, sessions)
    assert found["lookup"]["sentence"] == (
        "Every session of workflow 'refund' uses 'lookup': its effect cannot be separated from "
        "the workflow."
    )
    assert found["base"]["sentence"] == (
        "Every rated session uses 'base': there is nothing to compare with."
    )


def test_rated_sessions_that_failed_more_often_are_said_to_speak_for_themselves(tmp_path) -> None:
    # 18 of 100 are rated; of these 12 failed, of the others 23.
    sessions = [Session(["base"], 1 + n % 4, failed=n < 12) for n in range(18)]
    sessions += [Session(["base"], None, failed=n < 23) for n in range(82)]
    with open_traces(*write_sessions(tmp_path, sessions)) as traces:
        (audit,) = traces.correlation().audits
    assert audit["notes"] == [
        (
            "Only 18% of sessions have feedback, and rated sessions failed 2.4 times as often as "
            "unrated ones: these results describe rated sessions only."
        )
    ]


@pytest.mark.requirement("design.6-audit")
def test_the_audit_says_who_was_rated_and_how_the_score_looks(tmp_path) -> None:
    sessions = [Session(["base", "search"], 1 + n % 5, user=f"u{n % 7}") for n in range(30)]
    sessions += [Session(["base"], None, workflow="sales", agent="seller") for n in range(30)]
    with open_traces(*write_sessions(tmp_path, sessions)) as traces:
        (audit,) = traces.correlation().audits
    expected = {
        "score_name": "quality",
        "source": "human",
        "unit": "session",
        "rated": 30,
        "sessions": 60,
        "rated_share": 0.5,
        "score_type": "ordinal",
        "mean": 3.0,
        "users": 7,
        "raters": 0,
        "factors": [],
    }
    assert {key: audit[key] for key in expected} == expected
    assert audit["rated_by"] == [
        {"factor": "workflow", "value": "sales", "rated": 0, "sessions": 30},
        {"factor": "workflow", "value": "support", "rated": 30, "sessions": 30},
        {"factor": "agent", "value": "helper", "rated": 30, "sessions": 30},
        {"factor": "agent", "value": "seller", "rated": 0, "sessions": 30},
        {"factor": "tool", "value": "base", "rated": 30, "sessions": 60},
        {"factor": "tool", "value": "search", "rated": 30, "sessions": 30},
    ]


def test_a_kind_of_session_that_is_rated_more_often_is_named(tmp_path) -> None:
    sessions = [Session(["base", "search"], 1 + n % 5) for n in range(20)]
    sessions += [Session(["base", "search"], None) for n in range(5)]
    sessions += [Session(["base"], 1 + n % 5) for n in range(5)]
    sessions += [Session(["base"], None) for n in range(20)]
    with open_traces(*write_sessions(tmp_path, sessions)) as traces:
        (audit,) = traces.correlation().audits
    assert audit["notes"] == [
        "Sessions using 'search' are rated more often than others (20 of 25 against 5 of 25)."
    ]


def test_raters_who_disagree_are_named(tmp_path) -> None:
    sessions = [Session(["base"] + ["search"] * (n % 2)) for n in range(20)]
    spans, _ = write_sessions(tmp_path, sessions)
    ratings = tmp_path / "ratings.csv"
    lines = ["session_id,score,rater"]
    lines += [f"s{n + 1},{1 + n % 5},amy" for n in range(20)]
    lines += [f"s{n + 1},{1 + (3 * n) % 5},bob" for n in range(20)]
    ratings.write_text("\n".join(lines))
    with open_traces(spans, ratings) as traces:
        (audit,) = traces.correlation().audits
    assert audit["raters"] == 2
    assert audit["rater_alpha"] < 0.667
    assert audit["notes"] == [
        (
            f"Its raters agree little (Krippendorff's alpha {audit['rater_alpha']:.2f}): their mean "
            "says less than its digits do."
        )
    ]


# --- rules --------------------------------------------------------------------------------


@pytest.mark.requirement("design.6-never-pools")
def test_sources_of_one_score_are_never_pooled(tmp_path) -> None:
    sessions = two_halves(40, 1.0)
    spans, human = write_sessions(tmp_path, sessions)
    against = [Session(s.tools, 5 - (s.score or 0)) for s in sessions]
    _, judge = write_sessions(tmp_path, against, source="llm_judge:gpt-4o", file="judge.csv")
    with open_traces(spans, [human, judge]) as traces:
        found = traces.correlation("quality")
        only = traces.correlation("quality", source="gpt-4o").records
    differences = {
        row["source"]: row["difference"] for row in found.records if row["exposure"] == "extra"
    }
    assert differences["human"] > 0.8
    assert differences["llm · llm_judge:gpt-4o"] == pytest.approx(-differences["human"], abs=1e-6)
    assert {row["source"] for row in only} == {"llm · llm_judge:gpt-4o"}


@pytest.mark.requirement("analytics.quality-seeds")
def test_the_same_seed_gives_the_same_numbers(tmp_path) -> None:
    sessions = two_halves(60, 0.15, noise=0.4)
    paths = write_sessions(tmp_path, sessions)
    with open_traces(*paths) as traces:
        first, again = traces.correlation(seed=4).records, traces.correlation(seed=4).records
        other = traces.correlation(seed=5).records
    assert first == again
    assert [row["p_value"] for row in first] != [row["p_value"] for row in other]


@pytest.mark.requirement("design.6-never-causes")
@pytest.mark.parametrize("effect", [-1.0, 0.0, 1.0])
def test_no_sentence_says_that_a_tool_causes_anything(tmp_path, effect) -> None:
    random = np.random.default_rng(8)
    sessions = []
    for number in range(150):
        used = random.random(4) < 0.4
        tools = ["base"] * int(random.integers(1, 4)) + ["broken!"] * int(used[3])
        tools += [f"t{place}" for place in range(3) if used[place]]
        score = round(effect * used[0] + random.normal(0, 0.8), 2)
        sessions.append(
            Session(tools, score, workflow=f"w{number % 3}", user=f"u{number % 20}", agent="a")
        )
    spans, scores = write_sessions(tmp_path, sessions)
    seen = set()
    with open_traces(spans, scores) as traces:
        from toolspan.analytics.findings import EXPOSURES

        for exposure in EXPOSURES:
            found = traces.correlation(exposure=exposure)
            for row in found.records:
                assert not CAUSAL.search(row["sentence"]), row["sentence"]
                assert row["verdict"] in VERDICTS
                assert row["sentence"].endswith(".")
                seen.add(row["verdict"])
    assert len(seen) >= 2


def test_lower_is_better_is_said_where_the_score_says_so(tmp_path) -> None:
    spans, _ = write_sessions(tmp_path, two_halves(60, 1.0))
    scores = tmp_path / "defects.csv"
    lines = ["session_id,name,value,direction"]
    lines += [f"s{n + 1},defects,{n % 2 + 0.01 * (n % 7)},lower" for n in range(60)]
    scores.write_text("\n".join(lines))
    with open_traces(spans, scores) as traces:
        row = next(r for r in traces.correlation("defects").records if r["exposure"] == "extra")
    assert "higher (95 % CI" in row["sentence"]
    assert row["sentence"].endswith("than comparable sessions, which is worse.")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"score": "speed"}, "no score 'speed'; there are: quality"),
        ({"exposure": "mood"}, "no exposure 'mood'; there are: used, calls"),
        ({"source": "robot"}, "no source with 'robot'; there are: human"),
        ({"name": "serch"}, "no rated session has 'serch'; there are: base, extra"),
        ({"within": ["task"]}, "no span or resource has the attribute 'task'"),
        ({"unit": "week"}, "no unit 'week'; there are: session, trace"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(tmp_path, asked, message) -> None:
    paths = write_sessions(tmp_path, two_halves(20, 1.0))
    with open_traces(*paths) as traces, pytest.raises(UsageError, match=re.escape(message)):
        traces.correlation(**asked)
