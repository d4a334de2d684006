"""Turns the dialects into SQL over staged spans, with only the keys that the input really has.

A staged span has `name, scope_name, vals` and is of a *shape*: the list of its keys, which
thousands of spans share. So a key is looked for once in each shape, not in each span, and the
query takes a value by its place (`Vocabulary.marks`). The distinct keys of a batch are gathered
first, and everything that cannot occur is left out.

The query is made of the dialects' own words alone. Keys of the input that begin as a dialect says
(`koog.*`) are handed over as variables of the engine (`Vocabulary.variables`), never as text.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from toolspan.analytics.dialects._dialect import FACTS, Dialect
from toolspan.analytics.engine import literal, quoted


@dataclass(frozen=True)
class Vocabulary:
    """The dialects that a batch of staged spans can speak.

    Attributes:
        dialects: all known ones, in the order of detection; the last one's kinds are asked where
            a span's own dialect does not say what it is.
        keys: the distinct attribute keys of the batch's spans.
        resource_keys: those of its resources.
        scopes: its distinct instrumentation scopes.
        prefixes: which of the beginnings of span names that dialects ask about occur.
        marks: what the texts made so far ask of each shape (SQL over `keys`), with the names
            they call the answers by.
        values: what they ask of each span (SQL over `vals` and marks), so that it is looked up
            once however often it is named.
        resource_values: what they ask of each resource.
    """

    dialects: Sequence[Dialect]
    keys: frozenset[str]
    resource_keys: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    resource_values: dict[str, str] = field(default_factory=dict)
    _detections: dict[str, str] = field(default_factory=dict)

    def dialect_sql(self) -> str:
        """The name of the first dialect that fits, or NULL."""
        cases = [
            f"WHEN {condition} THEN {literal(dialect.name)}"
            for dialect in self.dialects
            if (condition := self._detect(dialect))
        ]
        return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"

    def kind_sql(self) -> str:
        """What the span is, by the words of its own dialect; NULL where that does not say."""
        cases = [
            f"WHEN {literal(dialect.name)} THEN {says}"
            for dialect in self._possible()
            if (says := self._kind(dialect))
        ]
        return f"CASE dialect {' '.join(cases)} END" if cases else "NULL::VARCHAR"

    def generic_kind_sql(self) -> str:
        """What the span is by the words that every span is read with."""
        general = dict.fromkeys(
            (self.dialects[-1].name, *(d.name for d in self._possible() if d.reads_anywhere))
        )
        says = [
            kind
            for dialect in sorted(self.dialects, key=lambda d: d is not self.dialects[-1])
            if dialect.name in general and (kind := self._kind(dialect, names=False))
        ]
        return f"coalesce({', '.join(says)}, NULL::VARCHAR)" if says else "NULL::VARCHAR"

    def fact_sql(self, fact: str) -> str:
        """One fact of the span, of its type in `FACTS`; reads `own_kind`."""
        value = self._fact(fact)
        if fact in _NAMES_ONLY and not value.startswith("NULL"):
            kinds = _NAMED_BY[fact]
            return f"CASE WHEN own_kind IS NULL OR own_kind IN {kinds} THEN {value} END"
        return value

    def _fact(self, fact: str) -> str:
        own: list[tuple[str, list[str]]] = []
        always: list[str] = []
        for dialect in self.dialects:
            is_possible = bool(self._detect(dialect))
            if not is_possible and not dialect.reads_anywhere:
                continue
            places = [
                (place, _of_kind(fact, place, self._place(place)))
                for place in dialect.facts.get(fact, ())
            ]
            found = [_typed(fact, sql) for _, sql in places if sql]
            anywhere = [
                _typed(fact, sql) for place, sql in places if sql and not place.startswith("@")
            ]
            if dialect.reads_anywhere:
                always += anywhere
            if is_possible and found and (not dialect.reads_anywhere or found != anywhere):
                own.append((dialect.name, found))
        # What a dialect says in the same words as all do need not be asked twice.
        cases = [
            f"WHEN {literal(name)} THEN {_first(found)}"
            for name, found in own
            if found != always[: len(found)]
        ]
        values = [f"CASE dialect {' '.join(cases)} END"] if cases else []
        values += dict.fromkeys(always)
        if not values:
            return f"NULL::{FACTS[fact]}"
        return _first(values)

    def failure_sql(self) -> str:
        """Whether an attribute of the span says that it failed."""
        tests = []
        for dialect in self.dialects:
            if not dialect.reads_anywhere and not self._detect(dialect):
                continue
            for place, values in dialect.failures.items():
                sql = self._place(place)
                if sql:
                    tests += [f"coalesce({_says(sql, value)}, false)" for value in values]
        return " OR ".join(dict.fromkeys(tests)) or "false"

    def variables(self) -> dict[str, list[str]]:
        """The lists of keys that the query names, by the (quoted) names of their variables."""
        patterns = [dialect.keys for dialect in self.dialects]
        patterns += [
            (place.partition("?")[0],)
            for dialect in self.dialects
            for places in dialect.facts.values()
            for place in places
            if "?" in place
        ]
        return {
            quoted(_variable(group)): list(_matching(group, self.keys))
            for group in patterns
            if _has_prefix(group)
        }

    def _has_any(self, patterns: Sequence[str]) -> str:
        """Whether a span has a key that a pattern names; empty if this batch has none such."""
        keys = list(_matching(patterns, self.keys))
        if not keys:
            return ""
        if _has_prefix(patterns):
            return self._mark(f"list_has_any(keys, getvariable({literal(_variable(patterns))}))")
        return self._mark(f"list_has_any(keys, {literal(keys)})")

    def _mark(self, sql: str) -> str:
        """The name of what is asked of each shape."""
        return self.marks.setdefault(sql, f"mark_{len(self.marks) + 1}")

    def _has(self, key: str) -> str:
        """Whether a span has an attribute."""
        return self._mark(f"list_contains(keys, {literal(key)})")

    def _value(self, key: str) -> str:
        """The value of a span's attribute, as text."""
        place = self._mark(f"list_position(keys, {literal(key)})")
        return self.values.setdefault(f"vals[{place}]", f"value_{len(self.values) + 1}")

    def _possible(self) -> Iterator[Dialect]:
        yield from (dialect for dialect in self.dialects if self._detect(dialect))

    def _detect(self, dialect: Dialect) -> str:
        """SQL for whether a span speaks the dialect; empty where none of the batch does."""
        if dialect.name not in self._detections:
            self._detections[dialect.name] = self._detection(dialect)
        return self._detections[dialect.name]

    def _detection(self, dialect: Dialect) -> str:
        tests = [has_any] if (has_any := self._has_any(dialect.keys)) else []
        tests += [
            f"starts_with(scope_name, {literal(scope[:-1])})"
            if scope.endswith("*")
            else f"scope_name = {literal(scope)}"
            for scope in dialect.scopes
            if any(_matching((scope,), self.scopes))
        ]
        tests += [
            f"starts_with(name, {literal(prefix)})"
            for prefix in dialect.names
            if prefix in self.prefixes
        ]
        return " OR ".join(tests)

    def _kind(self, dialect: Dialect, *, names: bool = True) -> str:
        parts = []
        for key, words in dialect.kinds.items():
            if key not in self.keys:
                continue
            place = self._value(key)
            cases = [
                f"WHEN {literal(word)} THEN {literal(kind)}"
                for word, kind in words.items()
                if word != "*"
            ]
            other = words.get("*")
            rest = f"ELSE CASE WHEN {place} <> '' THEN {literal(other)} END " if other else ""
            parts.append(f"CASE {place} {' '.join(cases)} {rest}END")
        cases = [
            f"WHEN {_name_test(beginning)} THEN {literal(kind)}"
            for beginning, kind in dialect.kind_by_name.items()
        ]
        if cases and names:
            parts.append(f"CASE {' '.join(cases)} END")
        cases = [
            f"WHEN {self._has(key)} THEN {literal(kind)}"
            for key, kind in dialect.kind_by_key.items()
            if key in self.keys
        ]
        if cases and names:
            parts.append(f"CASE {' '.join(cases)} END")
        if not parts:
            return ""
        says = f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]
        for kind, (keys, without) in dialect.kind_needs.items():
            has = self._has_any(keys) or "false"
            says = (
                f"CASE WHEN {says} = {literal(kind)} AND NOT coalesce({has}, false) "
                f"THEN {literal(without)} ELSE {says} END"
            )
        return says

    def _place(self, place: str) -> str:
        """SQL for one place a fact may stand in; empty if this batch has none such."""
        if place.startswith("@"):
            return self._outside(place)
        if "->" in place:
            key, _, member = place.partition("->")
            inner = self._place(key)
            return f"json_member({inner}, {literal('$.' + member)})" if inner else ""
        if "=~" in place:
            key, _, pattern = place.partition("=~")
            inner = self._place(key)
            return f"nullif(regexp_extract({inner}, {literal(pattern)}, 1), '')" if inner else ""
        if "?" in place:
            pattern, _, word = place.partition("?")
            has = self._has_any((pattern,))
            return f"CASE WHEN {has} THEN {literal(word)} END" if has else ""
        if "+" in place:
            parts = [sql for key in place.split("+") if (sql := self._place(key))]
            numbers = ", ".join(f"TRY_CAST({sql} AS DOUBLE)" for sql in parts)
            return f"list_sum([{numbers}])" if parts else ""
        return self._value(place) if place in self.keys else ""

    def _outside(self, place: str) -> str:
        """SQL for a place that is no attribute of the span."""
        if place.startswith("@name:"):
            prefix = place.removeprefix("@name:")
            if prefix not in self.prefixes:
                return ""
            return (
                f"CASE WHEN starts_with(name, {literal(prefix)}) "
                f"THEN substr(name, {len(prefix) + 1}) END"
            )
        if place.startswith("@name|"):
            suffix = place.removeprefix("@name|")
            return (
                f"CASE WHEN ends_with(name, {literal(suffix)}) "
                f"THEN left(name, len(name) - {len(suffix)}) END"
            )
        if place.startswith("@resource:"):
            key = place.removeprefix("@resource:")
            if key not in self.resource_keys:
                return ""
            asked = f"attribute(resource_keys, resource_vals, {literal(key)})"
            return self.resource_values.setdefault(asked, f"given_{len(self.resource_values) + 1}")
        return "name"


# The kinds of span that a name is the name of.
_NAMED_BY = {
    "tool_name": "('tool')",
    "agent_name": "('agent')",
    "workflow_name": "('workflow', 'chain')",
    "step_name": "('step', 'chain')",
}
# Names that stand on no other spans. (Agents and workflows are named on spans below them, too.)
_NAMES_ONLY = frozenset({"tool_name", "step_name"})


def _first(values: Sequence[str]) -> str:
    """SQL for the first of the values that is there."""
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _of_kind(fact: str, place: str, sql: str) -> str:
    """What is taken from a span's own name names only what the span is."""
    if not sql or fact not in _NAMED_BY or not (place == "@name" or place.startswith("@name|")):
        return sql
    return f"CASE WHEN own_kind IN {_NAMED_BY[fact]} THEN {sql} END"


def name_prefixes(dialects: Iterable[Dialect]) -> list[str]:
    """Every beginning of a span name that some dialect asks about."""
    found: dict[str, None] = {}
    for dialect in dialects:
        for prefix in dialect.names:
            found[prefix] = None
        for places in dialect.facts.values():
            for place in places:
                if place.startswith("@name:"):
                    found[place.removeprefix("@name:")] = None
    return list(found)


def _has_prefix(patterns: Sequence[str]) -> bool:
    return any(pattern.endswith("*") for pattern in patterns)


def _variable(patterns: Sequence[str]) -> str:
    """The name of the variable for the keys that the patterns name."""
    return f"keys {' '.join(patterns)}"


def _matching(patterns: Iterable[str], present: Iterable[str]) -> Iterator[str]:
    """What of `present` a pattern names: exactly, or by its beginning (`prefix*`)."""
    exact = {pattern for pattern in patterns if not pattern.endswith("*")}
    prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
    for item in sorted(present):
        if item in exact or (prefixes and item.startswith(prefixes)):
            yield item


def _name_test(beginning: str) -> str:
    if beginning.startswith("="):
        return f"name = {literal(beginning[1:])}"
    return f"starts_with(name, {literal(beginning)})"


def _says(sql: str, value: str) -> str:
    if value.startswith("contains:"):
        return f"contains({sql}, {literal(value.removeprefix('contains:'))})"
    return f"{sql} = {literal(value)}"


# Identifying facts, where emitters write a word for "nothing" (`present` in macros.sql).
_MAY_SAY_NOTHING = frozenset({"tool_call_id", "session_id", "conversation_id", "user_id"})


def _typed(fact: str, sql: str) -> str:
    """The value at one place, of the fact's type: places differ, some hold numbers, some text."""
    value = _present(fact, sql)
    return value if FACTS[fact] == "VARCHAR" else f"TRY_CAST({value} AS {FACTS[fact]})"


def _present(fact: str, sql: str) -> str:
    """The value, or NULL where it says nothing; numbers need no such test."""
    if fact in _MAY_SAY_NOTHING:
        return f"present({sql})"
    return f"nullif({sql}, '')" if FACTS[fact] == "VARCHAR" else sql
