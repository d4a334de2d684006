"""From tables to arrays: the sessions with a score, and what they used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.engine import literal, load_sql, rows
from toolspan.analytics.findings._study import Exposure, Study

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from toolspan.analytics.measures import Window

# What can be related to a score.
EXPOSURES = (
    "used",
    "calls",
    "failures",
    "retries",
    "fallback",
    "latency_share",
    "transitions",
    "agents",
    "workflows",
    "steps",
    "models",
)
UNITS = ("session", "trace")
# Factors in the order in which they are named; the first is what groups are named by.
FACTORS = ("workflow", "agent", "model", "version")
# The kinds of units that are no tools: how `resolved` and `tool_call` call them.
_PARTS = {
    "agents": ("agent", "agent_name", "agent_name"),
    "workflows": ("workflow", "workflow_name", "workflow_name"),
    "steps": ("step", "step_name", "step_name"),
    "models": ("llm", "model", "NULL"),
}
# Which factors an exposure replaces, because comparing within them would leave nothing to compare.
REPLACES = {
    "agents": ("agent", "model", "version"),
    "workflows": ("workflow", "agent", "model", "version"),
    "models": ("model",),
}


@dataclass(frozen=True, slots=True)
class ScoreKey:
    """One score of one source and evaluator version: what is never pooled.

    Attributes:
        name: of the score.
        source_kind: `human`, `llm`, `code` or `unknown`.
        source_id: which one.
        evaluator_version: of the evaluator.
        direction: `higher` is better, `lower`, or `none`; None where nobody said.
        unit: `session`, or `trace` where feedback is per trace.
        raters: how many raters are known by name.
    """

    name: str
    source_kind: str
    source_id: str | None
    evaluator_version: str | None
    direction: str | None
    unit: str
    raters: int

    @property
    def source(self) -> str:
        """Kind, id and version as one text."""
        parts = (self.source_kind, self.source_id, self.evaluator_version)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Sessions:
    """All sessions (or traces), rated or not.

    Attributes:
        keys: what they are called.
        columns: by name, an array with a value for each.
    """

    keys: "NDArray[np.object_]"
    columns: "dict[str, NDArray[Any]]"

    def at(self, places: "NDArray[np.int64]") -> "Sessions":
        """Some of them."""
        return Sessions(self.keys[places], {k: v[places] for k, v in self.columns.items()})


def score_keys(connection: "duckdb.DuckDBPyConnection") -> list[ScoreKey]:
    """Every score that has values for sessions."""
    return [
        ScoreKey(
            row["score_name"],
            row["source_kind"],
            row["source_id"],
            row["evaluator_version"],
            row["direction"],
            "trace" if row["is_per_trace"] else "session",
            row["raters"],
        )
        for row in rows(connection.execute(load_sql("findings/score_keys.sql")))
    ]


def all_sessions(
    connection: "duckdb.DuckDBPyConnection",
    unit: str,
    within: Sequence[str] = (),
    window: "Window | None" = None,
) -> Sessions:
    """Every session that began in the window, with what makes it comparable."""
    fetched = connection.execute(_for_unit("findings/sessions.sql", unit)).fetchnumpy()
    columns = {name: _filled(values) for name, values in fetched.items()}
    keys = columns.pop("unit_key")
    for number, name in enumerate(within):
        sql = _for_unit("findings/within.sql", unit).replace("$attribute", literal(name))
        values = dict(connection.execute(sql).fetchall())
        column = np.array([values.get(key) or "" for key in keys.tolist()], dtype=object)
        columns[f"within_{number}"] = column
    found = Sessions(keys, columns)
    if window is None:
        return found
    start = columns["start_ns"]
    is_in = np.ones(len(keys), dtype=bool)
    if window.since_ns is not None:
        is_in &= start >= window.since_ns
    if window.until_ns is not None:
        is_in &= start < window.until_ns
    return found.at(np.flatnonzero(is_in))


def scores_of(
    connection: "duckdb.DuckDBPyConnection", key: ScoreKey, sessions: Sessions
) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
    """The places of rated sessions among all, and their scores."""
    sql = _for_unit("findings/scores.sql", key.unit)
    place = {name: number for number, name in enumerate(sessions.keys.tolist())}
    wanted = (key.name, key.source_kind, key.source_id, key.evaluator_version)
    places, values = [], []
    for row in connection.execute(sql).fetchall():
        if row[:4] == wanted and row[4] in place:
            places.append(place[row[4]])
            values.append(row[5])
    return np.array(places, dtype=np.int64), np.array(values, dtype=np.float64)


def study_of(rated: Sessions, scores: "NDArray[np.float64]", within: Sequence[str]) -> Study:
    """The rated sessions with every factor that differs among them."""
    known = {
        "workflow": rated.columns["workflow_name"],
        "agent": rated.columns["agent_name"],
        "model": rated.columns["model"],
        "version": rated.columns["version"],
    }
    known |= {name: rated.columns[f"within_{number}"] for number, name in enumerate(within)}
    factors = {name: values for name, values in known.items() if len(set(values.tolist())) > 1}
    return Study(
        scores,
        factors,
        rated.columns["calls"].astype(np.int64),
        rated.columns["user_id"],
        rated.keys,
    )


def exposures_of(
    connection: "duckdb.DuckDBPyConnection", kind: str, unit: str, rated: Sessions
) -> list[Exposure]:
    """Every exposure of a kind, over the rated sessions."""
    place = {name: number for number, name in enumerate(rated.keys.tolist())}
    if kind == "transitions":
        return _transitions(connection, unit, place)
    if kind in _PARTS:
        unit_kind, name, call_name = _PARTS[kind]
        sql = _for_unit("findings/part_uses.sql", unit)
        for placeholder, text in (
            ("$unit_kind", unit_kind),
            ("$call_name", call_name),
            ("$name", name),
        ):
            sql = sql.replace(placeholder, text)
    else:
        sql = _for_unit("findings/tool_uses.sql", unit)
    by_tool: dict[str, list[dict[str, Any]]] = {}
    for row in rows(connection.execute(sql)):
        if row["unit_key"] in place:
            by_tool.setdefault(row["tool_name"], []).append(row)
    durations = np.maximum(rated.columns["duration_ms"].astype(np.float64), 1e-6)
    made = []
    for tool, uses in by_tool.items():
        at = np.array([place[row["unit_key"]] for row in uses], dtype=np.int64)
        exposure = _exposure(kind, tool, uses, at, durations)
        if exposure is not None:
            made.append(exposure)
    return made


def _exposure(
    kind: str,
    tool: str,
    uses: list[dict[str, Any]],
    at: "NDArray[np.int64]",
    durations: "NDArray[np.float64]",
) -> Exposure | None:
    """One tool's exposure; None where the question makes no sense for the tool at all."""

    def spread(column: str) -> "NDArray[np.float64]":
        found = np.zeros(len(durations))
        found[at] = [float(row[column]) for row in uses]
        return found

    calls = spread("calls")
    own = calls.astype(np.int64)
    used = np.zeros(len(durations))
    used[at] = 1.0
    if kind == "calls":
        return Exposure(tool, calls, own)
    if kind in ("failures", "retries"):
        values = (spread(kind) > 0).astype(np.float64)
        return Exposure(tool, values, rows=used > 0) if values.any() else None
    if kind == "fallback":
        values = (spread("fallbacks") > 0).astype(np.float64)
        return Exposure(tool, values, own) if values.any() else None
    if kind == "latency_share":
        return Exposure(tool, np.minimum(1, spread("busy_ms") / durations), rows=used > 0)
    return Exposure(tool, used, own, before_error=spread("before_error"))


def _transitions(
    connection: "duckdb.DuckDBPyConnection", unit: str, place: dict[str, int]
) -> list[Exposure]:
    """Pairs of tools, among the sessions that used both."""
    pairs: dict[tuple[str, str], list[int]] = {}
    used: dict[str, set[int]] = {}
    for row in rows(connection.execute(_for_unit("findings/transition_uses.sql", unit))):
        if row["unit_key"] in place:
            at = place[row["unit_key"]]
            pairs.setdefault((row["tool_name"], row["next_tool"]), []).append(at)
            for tool in (row["tool_name"], row["next_tool"]):
                used.setdefault(tool, set()).add(at)
    made = []
    for (first, second), places in pairs.items():
        values = np.zeros(len(place))
        values[places] = 1
        both = np.zeros(len(place), dtype=bool)
        both[list(used[first] & used[second])] = True
        made.append(Exposure(f"{first} > {second}", values, rows=both))
    return made


def _for_unit(name: str, unit: str) -> str:
    column = "session_key" if unit == "session" else "trace_hex(trace_id)"
    return (
        load_sql(name)
        .replace("$unit_kind", "\0")
        .replace("$unit", column)
        .replace("\0", "$unit_kind")
    )


def _filled(values: Any) -> "NDArray[Any]":
    """An array without holes: text is "" where unknown."""
    if isinstance(values, np.ma.MaskedArray):
        return values.filled("" if values.dtype == object else 0)
    if values.dtype == object:
        return np.array(["" if v is None else v for v in values.tolist()], dtype=object)
    return np.asarray(values)
