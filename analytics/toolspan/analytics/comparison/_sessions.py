"""From tables to arrays: the sessions of one run, and all that is compared of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.engine import literal, load_sql, rows
from toolspan.analytics.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolspan.analytics.measures import Where
    from toolspan.analytics.traces import Traces

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Labels = NDArray[np.object_]

FAILURES = ("error", "tool_error", "timeout")


@dataclass(frozen=True, slots=True)
class ScoreName:
    """A score of one source and evaluator version: what is never pooled.

    Attributes:
        name: of the score.
        source: who gave it, as one text.
        direction: `higher` is better, `lower`, or `none`; None where nobody said.
        scale: its lowest and highest value, as far as known.
    """

    name: str
    source: str
    direction: str | None
    scale: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Calls:
    """The tool calls of a run.

    Attributes:
        places: the session of each, as a place in the run.
        tools: what was called.
        is_ok: whether it ended well.
        has_failed: whether it failed; what was cancelled or denied did neither.
        duration_ms: how long it took.
    """

    places: "Ints"
    tools: "Labels"
    is_ok: "Bools"
    has_failed: "Bools"
    duration_ms: "Floats"

    def of(self, tool: str | None) -> "Calls":
        """Those of one tool; None for all."""
        if tool is None:
            return self
        rows = self.tools == tool
        return Calls(
            self.places[rows],
            self.tools[rows],
            self.is_ok[rows],
            self.has_failed[rows],
            self.duration_ms[rows],
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One of the two runs that are compared.

    Attributes:
        keys: of its sessions.
        numbers: by name, one a session, NaN where nothing says it: `is_ok, duration_ms,
            tool_calls, failed_calls, tokens, cost, has_loop`.
        labels: by name, what sessions are compared within, "" where unknown.
        calls: its tool calls.
        scores: by score and source, its value for each session, NaN where nobody gave one.
        known_scores: what is known of those.
    """

    keys: "Labels"
    numbers: Mapping[str, "Floats"]
    labels: Mapping[str, "Labels"]
    calls: Calls
    scores: Mapping[tuple[str, str], "Floats"]
    known_scores: Mapping[tuple[str, str], ScoreName]

    @property
    def sessions(self) -> int:
        """How many."""
        return len(self.keys)

    def at(self, places: "Ints") -> "Run":
        """A part of its sessions, in the order given, each at most once."""
        now = np.full(self.sessions, -1, dtype=np.int64)
        now[places] = np.arange(len(places))
        calls = self.calls
        rows = now[calls.places] >= 0
        return Run(
            self.keys[places],
            {name: values[places] for name, values in self.numbers.items()},
            {name: values[places] for name, values in self.labels.items()},
            Calls(
                now[calls.places[rows]],
                calls.tools[rows],
                calls.is_ok[rows],
                calls.has_failed[rows],
                calls.duration_ms[rows],
            ),
            {key: values[places] for key, values in self.scores.items()},
            self.known_scores,
        )


def gather(traces: "Traces", where: "Where" = None, labels: Sequence[str] = ()) -> Run:
    """The sessions of a run.

    Args:
        traces: where from.
        where: conditions on the sessions.
        labels: columns of sessions, or attributes of spans or resources, that sessions are paired
            by or compared within.

    Raises:
        UsageError: nothing has such an attribute.
    """
    sessions = traces.records("sessions", where=where)
    keys = np.array([row["session_key"] for row in sessions], dtype=object)
    place = {key: number for number, key in enumerate(keys.tolist())}
    looping = {row["session_key"] for row in traces.records("loops")}
    hashes = traces.connection.execute(
        "SELECT DISTINCT session_key FROM tool_call WHERE arguments_hash IS NOT NULL"
    )
    hashed = {row[0] for row in hashes.fetchall()}
    numbers = {
        "is_ok": _numbers(_is_ok(row["outcome"]) for row in sessions),
        "duration_ms": _numbers(row["duration_ms"] for row in sessions),
        "tool_calls": _numbers(row["tool_calls"] for row in sessions),
        "failed_calls": _numbers(row["failed_calls"] for row in sessions),
        "tokens": _numbers(_sum(row, "input_tokens", "output_tokens") for row in sessions),
        "cost": _numbers(_sum(row, "cost", "tool_cost") for row in sessions),
        # Without a fingerprint of the arguments nobody can tell a loop from honest work.
        "has_loop": _numbers(
            float(key in looping) if key in hashed or not row["tool_calls"] else None
            for key, row in zip(keys.tolist(), sessions, strict=True)
        ),
    }
    if not hashed:
        numbers["has_loop"][:] = np.nan
    known, scores = _scores(traces, place)
    columns = set(sessions[0]) if sessions else set()
    found = {
        name: _column(sessions, name) if name in columns else _attribute(traces, name, keys)
        for name in dict.fromkeys(("workflow_name", *labels))
        if sessions
    }
    return Run(keys, numbers, found, _calls(traces, place), scores, known)


def _is_ok(outcome: str) -> float | None:
    return 1.0 if outcome == "ok" else 0.0 if outcome in FAILURES else None


def _sum(row: Mapping[str, Any], *names: str) -> float | None:
    known = [row[name] for name in names if row[name] is not None]
    return float(sum(known)) if known else None


def _numbers(values: Any) -> "Floats":
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _column(sessions: Sequence[Mapping[str, Any]], name: str) -> "Labels":
    return np.array(["" if r[name] is None else str(r[name]) for r in sessions], dtype=object)


def _attribute(traces: "Traces", name: str, keys: "Labels") -> "Labels":
    # The same query by which `correlate` compares within an attribute.
    sql = load_sql("findings/within.sql").replace("$unit", "session_key")
    found = traces.connection.execute(sql.replace("$attribute", literal(name))).fetchall()
    values = {str(key): value for key, value in found}
    column = np.array([values.get(str(key)) or "" for key in keys.tolist()], dtype=object)
    if not (column != "").any():
        raise UsageError(f"no span or resource of these sessions has the attribute {name!r}")
    return column


def _calls(traces: "Traces", place: Mapping[str, int]) -> Calls:
    found = traces.connection.execute(load_sql("comparison/calls.sql")).fetchnumpy()
    places = np.array([place.get(k, -1) for k in _plain(found["session_key"])], dtype=np.int64)
    rows = places >= 0
    columns = {name: np.array(_plain(values), dtype=object)[rows] for name, values in found.items()}
    return Calls(
        places[rows],
        columns["tool_name"],
        columns["is_ok"].astype(np.bool_),
        columns["has_failed"].astype(np.bool_),
        _numbers(columns["duration_ms"].tolist()),
    )


def _plain(values: Any) -> list[Any]:
    """The values as Python has them, None where there is none."""
    found: list[Any] = values.tolist()
    return found


def _scores(
    traces: "Traces", place: Mapping[str, int]
) -> "tuple[dict[tuple[str, str], ScoreName], dict[tuple[str, str], Floats]]":
    known: dict[tuple[str, str], ScoreName] = {}
    for row in rows(traces.connection.execute(load_sql("findings/score_keys.sql"))):
        key = (row["score_name"], _source(row))
        scale = (row["scale_min"], row["scale_max"])
        known[key] = ScoreName(*key, row["direction"], scale)
    values: dict[tuple[str, str], Floats] = {}
    sql = load_sql("findings/scores.sql").replace("$unit", "session_key")
    for row in rows(traces.connection.execute(sql)):
        key = (row["score_name"], _source(row))
        if row["unit_key"] in place and key in known:
            column = values.setdefault(key, np.full(len(place), np.nan))
            column[place[row["unit_key"]]] = row["value"]
    return known, values


def _source(row: Mapping[str, Any]) -> str:
    parts = (row["source_kind"], row["source_id"], row["evaluator_version"])
    return " · ".join(part for part in parts if part)
