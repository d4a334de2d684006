"""The critical path: of what the time of sessions consists, walked back from their ends.

From the end of a session, the time goes to the unit directly below that ended last; what lies
between, to the unit above. Then on from its start. Each moment is charged to the deepest unit on
the path, so the parts of a session add up to its duration. Tool and LLM calls are not entered.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

# A unit as (what it is, its name), and what is left to the session itself.
Label = tuple[str, str]
SESSION: Final[Label] = ("session", "")

_Span = tuple[int, int, str, Mapping[str, Any]]  # start, end, id, the unit

# The units the paths consist of, with the session's own row of the measure `sessions` beside.
UNITS = """
    SELECT
        session_key, unit, start_ns, coalesce(end_ns, start_ns) AS end_ns,
        concat(trace_id, span_id) AS id,
        CASE WHEN parent_unit_id IS NOT NULL THEN concat(trace_id, parent_unit_id) END AS parent_id,
        CASE unit
            WHEN 'tool' THEN tool_name WHEN 'pseudo' THEN tool_name WHEN 'agent' THEN agent_name
            WHEN 'workflow' THEN workflow_name WHEN 'step' THEN step_name
            ELSE coalesce(model, name)
        END AS name
    FROM span_rows
    WHERE unit IS NOT NULL
"""


def paths(
    units: Iterable[Mapping[str, Any]], sessions: Mapping[str, tuple[int, int]]
) -> dict[str, Counter[Label]]:
    """Of each session, the nanoseconds on its critical path by unit.

    Args:
        units: rows of `UNITS`; those of other sessions are passed over.
        sessions: of each session, its first and its last moment.
    """
    known = {unit["id"]: unit for unit in units if unit["session_key"] in sessions}
    below: dict[str, list[_Span]] = defaultdict(list)
    top: dict[str, list[_Span]] = defaultdict(list)
    for unit in known.values():
        if unit["unit"] == "pseudo":
            continue
        above = known.get(unit["parent_id"])
        # Framework plumbing is part of what is above it.
        while above is not None and above["unit"] == "pseudo":
            above = known.get(above["parent_id"])
        span = (unit["start_ns"], unit["end_ns"], unit["id"], unit)
        if above is None:
            top[unit["session_key"]].append(span)
        else:
            below[above["id"]].append(span)
    return {key: _path(top[key], below, *times) for key, times in sessions.items()}


def _path(
    top: list[_Span], below: Mapping[str, list[_Span]], start: int, end: int
) -> Counter[Label]:
    path: Counter[Label] = Counter()
    left: list[tuple[Label, list[_Span], int, int]] = [(SESSION, top, start, end)]
    while left:
        label, children, start, end = left.pop()
        now = end
        clipped = [(max(s, start), min(e, end), i, unit) for s, e, i, unit in children]
        # What ends last comes first; of two the longer one, then the greater id.
        for child in sorted(clipped, key=lambda c: (c[1], -c[0], c[2]), reverse=True):
            first, last, identity, unit = child
            if last > now or first >= now:
                continue
            path[label] += now - last
            entered = () if unit["unit"] in ("tool", "llm") else below.get(identity, ())
            left.append(((unit["unit"], unit["name"]), list(entered), first, last))
            now = first
        path[label] += now - start
    return path


def summed(found: Mapping[str, Counter[Label]]) -> list[dict[str, Any]]:
    """One row: a unit, the time it has on the critical paths of all sessions, the most first.

    `half_saves_ms` is what halving all time of a tool or model would save at most: an upper bound,
    since what else ran meanwhile is then on the path.
    """
    total: Counter[Label] = Counter()
    sessions: Counter[Label] = Counter()
    longest: dict[Label, tuple[int, str]] = {}
    for key, path in found.items():
        for label, ns in path.items():
            if ns:
                total[label] += ns
                sessions[label] += 1
                longest[label] = max(longest.get(label, (0, "")), (ns, key))
    whole = total.total()
    rows = [
        {
            "unit": label[0],
            "name": label[1],
            "path_ms": ns / 1e6,
            "share": ns / whole,
            "sessions": sessions[label],
            "half_saves_ms": ns / 2e6 if label[0] in ("tool", "llm") else None,
            "example_session_key": longest[label][1],
        }
        for label, ns in total.items()
    ]
    return sorted(rows, key=lambda row: (-row["path_ms"], row["unit"], row["name"]))
