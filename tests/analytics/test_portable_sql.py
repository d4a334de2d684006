"""Measures keep to the SQL that DuckDB, ClickHouse and Spark share, and to macros with a name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot import exp

from support.portable_sql import (
    FUNCTIONS,
    defined_macros,
    documented_functions,
    documented_macros,
    macros_used,
    objections,
)
from toolspan.analytics import Traces, open_traces
from toolspan.analytics.measures import EVERY, MEASURES

NEWSLETTER = Path(__file__).parent / "data" / "newsletter" / "spans.jsonl"
WHERE = (
    "service.name=newsletter",
    "session_id!=",
    "session_key~^news",
    "session_key!~9$",
    "session_key!=7",
)


@pytest.fixture(scope="module")
def opened() -> Iterator[Traces]:
    with open_traces(NEWSLETTER, since="2026-03-01", until="2026-03-03") as traces:
        yield traces


def queries(traces: Traces, name: str) -> Iterator[str]:
    """A measure as it stands, grouped by an attribute, with conditions, over any stretch of time."""
    measure = MEASURES[name]
    yield traces.query(name)
    if measure.groups:
        yield traces.query(name, by=["service.name", "toolspan.agent"])
        yield traces.query(name, by="everything", with_pseudo=True)
    if measure.has_percentiles:
        yield traces.query(name, approximate=True)
    if measure.rows == "sessions":
        yield traces.query(name, where=["tool_name=x", "duration_ms>3", "toolspan.agent!~b"])
    elif measure.rows != "feedback":
        yield traces.query(name, where=WHERE)
    if measure.in_time:
        yield from (traces.query(name, every=every) for every in EVERY)


@pytest.mark.requirement("design.5-portable-sql")
@pytest.mark.parametrize("name", MEASURES)
def test_measures_are_sql_that_three_engines_share(opened: Traces, name: str) -> None:
    for sql in queries(opened, name):
        assert objections(sql) == []


@pytest.mark.requirement("design.5-portable-sql")
@pytest.mark.parametrize(
    ("sql", "objection"),
    [
        ("SELECT median(x) FROM t", "Median is not listed"),
        ("SELECT list_sort(x) FROM t", "ArraySort is not listed"),
        ("SELECT jaro_winkler_similarity(x, 'a') FROM t", "JarowinklerSimilarity is not listed"),
        ("SELECT our_own(x) FROM t", "our_own is no macro that is listed"),
        ("SELECT quantile_cont(x, 0.5) FROM t", "PercentileCont is not listed"),
        ("SELECT arg_max(x, (y, z)) FROM t", "Tuple is not listed"),
        ("SELECT count(*) FILTER (x > 1) FROM t", "Filter is not listed"),
        ("SELECT x FROM t QUALIFY row_number() OVER (ORDER BY x) = 1", "Qualify is not listed"),
        ("SELECT x, count(*) FROM t GROUP BY ALL", "Group with all"),
        ("SELECT * EXCLUDE (x) FROM t", "Star with except"),
        ("SELECT list_filter(x, lambda y: y > 1) FROM t", "Lambda is not listed"),
        ("SELECT [1, 2] FROM t", "Array is not listed"),
        ("SELECT {'a': 1} FROM t", "Struct is not listed"),
        ("SELECT x[1] FROM t", "Bracket is not listed"),
        ("SELECT unnest(x) FROM t", "Explode is not listed"),
        ("SELECT x::HUGEINT FROM t", "a type that is not listed: INT128"),
        ("SELECT TRY_CAST(x AS DOUBLE) FROM t", "TryCast is not listed"),
        ("SELECT regexp_matches(x, 'a') FROM t", "RegexpLike is not listed"),
        ("SELECT x FROM t ASOF JOIN u ON t.a >= u.a", "Join with method"),
        ("SELECT x FROM t UNION SELECT x FROM u", "UNION without ALL"),
        ("SELECT DISTINCT ON (x) x, y FROM t", "Distinct with on"),
    ],
)
def test_what_is_not_listed_is_refused(sql: str, objection: str) -> None:
    assert any(found.startswith(objection) for found in objections(sql)), objections(sql)


def test_the_listed_sql_is_not_refused() -> None:
    sql = """
        WITH a AS (SELECT DISTINCT x, CAST(y AS BIGINT) AS y FROM t WHERE x IN (1, 2))
        SELECT x, count(*) AS n, lag(y) OVER calls AS before,
            CASE WHEN is_failure(x) THEN 1 ELSE -y / 2 END AS z
        FROM a FULL JOIN (SELECT x FROM u) AS v USING (x)
        WINDOW calls AS (PARTITION BY x ORDER BY y ROWS UNBOUNDED PRECEDING)
        UNION ALL SELECT x, y, 1, 2 FROM u ORDER BY n NULLS LAST, x LIMIT 3"""
    assert objections(sql) == []


@pytest.mark.requirement("design.5-portable-sql")
def test_the_page_lists_the_functions_and_the_macros_that_measures_use(opened: Traces) -> None:
    names = {("power" if kind is exp.Pow else kind.sql_name().lower()) for kind in FUNCTIONS}
    assert documented_functions() == names
    used = {
        macro for name in MEASURES for sql in queries(opened, name) for macro in macros_used(sql)
    }
    assert documented_macros() == used
    assert used <= defined_macros()
