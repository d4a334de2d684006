"""Conditions and windows: which rows a measure looks at, said safely."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from toolspan.analytics.engine import literal, quoted
from toolspan.analytics.errors import UsageError

_CONDITION = re.compile(
    r"\s*(?P<key>[^=!<>~]+?)\s*(?P<operator>=|!=|<=|>=|<|>|~|!~)\s*(?P<value>.*)", re.DOTALL
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)")
_UNIT_S = {"ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a column or attribute.

    Attributes:
        key: the column, or the key of an attribute.
        operator: `= != < <= > >=`, or `~` and `!~` for regular expressions.
        value: what to compare with; None is the absence of a value.
        is_literal: whether a value that looks like a number is text all the same.
    """

    key: str
    operator: str
    value: str | None
    is_literal: bool = False

    def sql(self) -> str:
        """The condition as SQL; values are quoted, never run."""
        column = quoted(self.key)
        if self.value is None:
            return f"{column} IS {'NOT ' * (self.operator == '!=')}NULL"
        if self.operator in ("~", "!~"):
            found = f"has_match(CAST({column} AS VARCHAR), {literal(self.value)})"
            return found if self.operator == "~" else f"NOT coalesce({found}, false)"
        if self.operator in ("=", "!="):
            equal = f"CAST({column} AS VARCHAR) = {literal(self.value)}"
            if _NUMBER.fullmatch(self.value) and not self.is_literal:
                # 200 and 200.0 and "200" are the same to whoever asks.
                number = f"as_number({column}) = {float(self.value)!r}"
                equal = f"({equal} OR {number})"
            return equal if self.operator == "=" else f"NOT coalesce({equal}, false)"
        if _NUMBER.fullmatch(self.value) and not self.is_literal:
            return f"as_number({column}) {self.operator} {float(self.value)!r}"
        return f"CAST({column} AS VARCHAR) {self.operator} {literal(self.value)}"


Where = str | Condition | Sequence[str | Condition] | Mapping[str, object] | None


def conditions(where: Where) -> tuple[Condition, ...]:
    """Conditions from what users write.

    Args:
        where: `"key=value"` (also `!= < <= > >= ~ !~`), several of them, or a mapping of keys to
            the values they must have (None: must be absent), text to the letter.

    Raises:
        UsageError: one of them is no condition.
    """
    if where is None:
        return ()
    if isinstance(where, Mapping):
        return tuple(_equal(key, value) for key, value in where.items())
    each = [where] if isinstance(where, str | Condition) else where
    return tuple(item if isinstance(item, Condition) else _condition(item) for item in each)


def _equal(key: str, value: object) -> Condition:
    if value is None:
        return Condition(key, "=", None)
    if isinstance(value, bool):
        return Condition(key, "=", str(value).lower())
    if isinstance(value, datetime):
        return Condition(key, "=", f"{value:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip("."))
    return Condition(key, "=", str(value), is_literal=isinstance(value, str))


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if not found:
        raise UsageError(
            f"{text!r} is no condition; expected KEY=VALUE, or one of != < <= > >= ~ !~ "
            "in place of =, for instance agent_name=writer or duration_ms>1000"
        )
    value: str | None = found["value"].strip()
    if found["operator"] in ("~", "!~"):
        try:
            re.compile(value or "")
        except re.error as error:
            raise UsageError(f"{value!r} is no regular expression: {error}") from error
    if value == "" and found["operator"] in ("=", "!="):
        value = None
    return Condition(found["key"], found["operator"], value)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, in nanoseconds since 1970; None is open.

    Attributes:
        since_ns: rows that begin earlier are left out.
        until_ns: so are those that begin then or later.
    """

    since_ns: int | None = None
    until_ns: int | None = None

    def sql(self, column: str | None = "start_ns") -> list[str]:
        """Tests of a column with nanoseconds, or without one of `start_time`."""
        tests = []
        for bound, operator in ((self.since_ns, ">="), (self.until_ns, "<")):
            if bound is not None:
                side = f"{column} {operator} {bound}"
                tests.append(side if column else f"start_time {operator} timestamp_of({bound})")
        return tests


def window(since: object = None, until: object = None, *, now_ns: int) -> Window:
    """A window from what users write.

    Args:
        since: a length (`"90s"`, `"15m"`, `"24h"`, `"7d"`, a timedelta) before `until`, a time in
            ISO 8601, a date or a datetime.
        until: a time; default open, and lengths count from now.
        now_ns: the present.

    Raises:
        UsageError: one of them is neither, or nothing lies between them.
    """
    until_ns = None if until is None else moment_ns(until)
    if since is None:
        return Window(None, until_ns)
    length = length_ns(since)
    if length is not None:
        return Window((now_ns if until_ns is None else until_ns) - length, until_ns)
    since_ns = moment_ns(since)
    if until_ns is not None and since_ns >= until_ns:
        raise UsageError(f"nothing lies between since {since} and until {until}")
    return Window(since_ns, until_ns)


def length_ns(text: object) -> int | None:
    """A length of time in nanoseconds; None if it is none."""
    if isinstance(text, timedelta):
        return round(text.total_seconds() * 1e9)
    if not isinstance(text, str):
        return None
    found = _LENGTH.fullmatch(text.strip().lower())
    return round(float(found[1]) * _UNIT_S[found[2]] * 1e9) if found else None


def moment_ns(value: object) -> int:
    """A point in time in nanoseconds since 1970; without an offset it is UTC.

    Raises:
        UsageError: the value is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise UsageError(
                f"{value!r} is no time; expected a length such as 24h or 7d, or ISO 8601 such as "
                "2026-03-02T09:00:00Z"
            ) from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise UsageError(f"{value!r} is no time")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return round(value.timestamp() * 1e9)
