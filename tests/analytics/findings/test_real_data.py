"""Real sessions with real outcomes: raw statistics as others computed them, and what adjusting says.

The reference answers were worked out with plain json, pandas and scipy, by other code.
"""

import gzip
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from support.reference import shared
from toolspan.analytics import Traces, open_traces
from toolspan.analytics.findings._gather import all_sessions, score_keys, scores_of
from toolspan.analytics.statistics import Strata, correlation, mantel_haenszel

pytestmark = pytest.mark.shared

RUN, SERVICE = "tau2.run", "service.name"


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    """Read the second time: spans and events are then views of Parquet."""
    folder = shared("data", "tau2-bench")
    paths = (folder / "traces.jsonl.gz", folder / "feedback.jsonl.gz")
    cache = tmp_path_factory.mktemp("cache")
    open_traces(*paths, cache_dir=cache).close()
    with open_traces(*paths, cache_dir=cache) as opened:
        yield opened


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    path = shared("data", "tau2-bench", "reference_answers.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def effects() -> dict[str, Any]:
    path = shared("data", "tau2-bench", "reference_stratified_effects.json")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def adjusted(traces) -> dict[str, dict[str, Any]]:
    """Each tool's row, compared within runs."""
    found = traces.correlation("reward", within=[RUN])
    return {row["exposure"]: row for row in found.records}


def near(expected: float | None) -> Any:
    if expected is None or math.isnan(expected):
        return None
    return pytest.approx(expected, rel=1e-9, abs=1e-12)


def assert_raw(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every raw statistic of one tool."""
    assert (found["n_used"], found["n_unused"]) == (expected["n_used"], expected["n_not_used"])
    assert found["mean_used"] == near(expected["mean_score_used"])
    if found["n_unused"]:
        assert found["mean_unused"] == near(expected["mean_score_not_used"])
        assert found["difference"] == near(expected["difference"])
    if "mannwhitney_u" in expected and found["n_unused"]:
        assert found["u"] == near(expected["mannwhitney_u"])
        assert found["u_p"] == near(expected["mannwhitney_p"])
    if expected.get("point_biserial_r") is not None:
        assert found["r"] == near(expected["point_biserial_r"])
        assert found["r_p"] == near(expected["point_biserial_p"])
    if "table_used_good" in expected:
        assert [
            [found["good_used"], found["bad_used"]],
            [found["good_unused"], found["bad_unused"]],
        ] == expected["table_used_good"]
        assert found["fisher_p"] == near(expected["fisher_p"])
    if expected.get("spearman_calls"):
        assert found["rho_calls"] == near(expected["spearman_calls"]["rho"])
        assert found["rho_calls_p"] == near(expected["spearman_calls"]["p"])
    assert found["u_q"] == near(expected.get("mannwhitney_p_bh"))


@pytest.mark.requirement("design.6-tau2-raw")
def test_raw_statistics_of_all_tools_equal_the_reference(traces, reference) -> None:
    rows = traces.raw_associations("reward").replace({np.nan: None}).to_dict("records")
    found = {row["exposure"]: row for row in rows}
    assert found.keys() == reference["tool_vs_score"].keys()
    for name, expected in reference["tool_vs_score"].items():
        assert_raw(found[name], expected)
    assert sum(row["u_q"] is not None for row in rows) == 95


@pytest.mark.parametrize(("attribute", "label"), [(SERVICE, "service"), (RUN, "run")])
def test_raw_statistics_of_each_stratum_equal_the_reference(
    traces, reference, attribute, label
) -> None:
    rows = traces.raw_associations("reward", by=attribute).replace({np.nan: None})
    found = {(row["group"], row["exposure"]): row for row in rows.to_dict("records")}
    seen = 0
    for stratum, answers in reference["strata"].items():
        kind, _, group = stratum.partition("=")
        if kind != label:
            continue
        for name, expected in answers["tool_vs_score"].items():
            assert_raw(found[group, name], expected)
            seen += 1
    assert seen > 20


def test_sessions_of_more_calls_and_cost_score_lower_as_in_the_reference(traces, reference) -> None:
    scores = traces.sql(
        "SELECT session_key, value FROM feedback WHERE score_name = 'reward'"
    ).set_index("session_key")["value"]
    columns = traces.sql(
        """
        SELECT sessions.session_key, sessions.duration_ms AS ms, sessions.llm_calls,
            coalesce(calls.tool_calls, 0) AS tool_calls,
            coalesce(calls.tool_errors, 0) AS tool_errors,
            coalesce(calls.distinct_tools, 0) AS distinct_tools
        FROM sessions
        LEFT JOIN (
            SELECT session_key, count(*) AS tool_calls, count(DISTINCT tool_name) AS distinct_tools,
                count(*) FILTER (is_failure(outcome)) AS tool_errors
            FROM tool_calls
            GROUP BY session_key
        ) AS calls ON calls.session_key = sessions.session_key
        """
    ).set_index("session_key")
    for name in columns:
        expected = reference["session_vs_score"][name]["spearman"]
        both = columns[[name]].join(scores)
        rho, p = correlation(
            both[name].to_numpy(dtype=float), both["value"].to_numpy(), of_ranks=True
        )
        assert rho == near(expected["rho"]), name
        assert p == near(expected["p"]), name


def test_agreement_of_sources_equals_the_reference(traces, reference) -> None:
    found = {
        frozenset((row["first"], row["second"])): row
        for row in traces.agreement().to_dict("records")
    }
    for pair, expected in reference["feedback_agreement"].items():
        row = found[frozenset(pair.split(" ~ "))]
        assert row["n"] == expected["n"]
        assert row["same_side"] == near(expected["equal_at_half"])
        for name in ("pearson", "spearman"):
            if expected[name] is None or math.isnan(expected[name]):
                assert math.isnan(row[name])
            else:
                assert row[name] == near(expected[name])


@pytest.mark.parametrize(("attribute", "key"), [(SERVICE, "mh_by_service"), (RUN, "mh_by_run")])
def test_effects_within_strata_equal_the_reference(traces, effects, attribute, key) -> None:
    (score,) = (k for k in score_keys(traces.connection) if k.name == "reward")
    sessions = all_sessions(traces.connection, "session", [attribute])
    places, scores = scores_of(traces.connection, score, sessions)
    strata = Strata.of(sessions.at(places).columns["within_0"])
    keys = sessions.keys[places].tolist()
    users: dict[str, set[str]] = {}
    for use in traces.sql_records("SELECT DISTINCT tool_name, session_key FROM tool_calls"):
        users.setdefault(use["tool_name"], set()).add(use["session_key"])
    seen = 0
    for tool, expected in effects.items():
        if key not in expected:
            continue
        used = np.array([float(name in users[tool]) for name in keys])
        found = mantel_haenszel(used, scores >= 0.5, strata)
        assert found.strata == expected[key]["informative_strata"]
        if expected[key].get("odds_ratio"):
            assert found.odds_ratio == near(expected[key]["odds_ratio"])
        # Below half a session of difference, the correction leaves nothing: p is 1 and not less.
        if expected[key].get("cmh_p") is not None and found.p_value < 1:
            assert found.p_value == pytest.approx(expected[key]["cmh_p"], rel=1e-6)
        seen += 1
    assert seen > 30


@pytest.mark.requirement("design.6-tau2-reversals", "design.6-sign-reversal")
def test_every_known_reversal_within_runs_is_flagged(adjusted, effects) -> None:
    reversed_tools = {
        tool
        for tool, known in effects.items()
        if known.get("mh_by_run", {}).get("odds_ratio")
        and (known["pooled_odds_ratio"] - 1) * (known["mh_by_run"]["odds_ratio"] - 1) < 0
    }
    assert len(reversed_tools) == 14
    assert "transfer_to_human_agents" in reversed_tools
    for tool in reversed_tools:
        row = adjusted[tool]
        assert row["reverses"] is True, tool
        within = effects[tool]["mh_by_run"]["odds_ratio"] - 1
        assert row["raw_difference"] * within < 0
        assert row["difference_without_length"] * within > 0


def test_the_sign_within_runs_is_that_of_the_reference_for_every_tool(adjusted, effects) -> None:
    seen = 0
    for tool, known in effects.items():
        ratio = known.get("mh_by_run", {}).get("odds_ratio")
        if ratio and adjusted[tool]["difference_without_length"] is not None:
            assert (adjusted[tool]["difference_without_length"] > 0) == (ratio > 1), tool
            seen += 1
    assert seen == 49


@pytest.mark.requirement("analytics.02-refusals")
def test_the_tool_that_always_fails_is_refused_where_no_score_varies(traces, adjusted) -> None:
    # It fails 40 of 40 calls, yet all its sessions have the full reward: raw, it looks good.
    raw = traces.raw_associations("reward").set_index("exposure").loc["find_patient_by_name_dob"]
    assert raw["difference"] > 0.2
    assert raw["u_q"] < 0.01
    row = adjusted["find_patient_by_name_dob"]
    assert row["verdict"] == "not enough data"
    assert row["difference"] is None
    assert row["sentence"] == (
        "'reward' never varies where 'find_patient_by_name_dob' can be compared (all 69 scores "
        "are 1.0): nothing to explain."
    )


def test_far_fewer_tools_hold_than_raw_statistics_say(traces) -> None:
    raw = traces.raw_associations("reward")
    rows = traces.correlate("reward")
    assert (raw["u_q"] < 0.05).sum() >= 25
    assert (rows["verdict"] == "supported").sum() <= 3
    top = rows.iloc[0]
    assert (top["exposure"], top["verdict"]) == ("reset_apn_settings", "supported")
