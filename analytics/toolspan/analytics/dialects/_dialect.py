"""What a dialect is: where one library keeps the facts of a span."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

# What a span can be. A `chain` is a workflow at the top of its trace and a step below; `other` is
# known and none of the rest (an embedding, an MCP `initialize`). A span no dialect recognises has
# no kind at all.
KINDS: Final = ("tool", "agent", "workflow", "step", "chain", "llm", "other")

# The facts a dialect may supply, with the SQL type they get. Text that does not convert is absent.
FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operation": "VARCHAR",
        "tool_name": "VARCHAR",
        "tool_call_id": "VARCHAR",
        "mcp_method": "VARCHAR",
        "mcp_server": "VARCHAR",
        "mcp_address": "VARCHAR",
        "agent_name": "VARCHAR",
        "workflow_name": "VARCHAR",
        "step_name": "VARCHAR",
        "step_index": "INTEGER",
        "session_id": "VARCHAR",
        "conversation_id": "VARCHAR",
        "user_id": "VARCHAR",
        "model": "VARCHAR",
        "response_model": "VARCHAR",
        "provider": "VARCHAR",
        "input_tokens": "BIGINT",
        "output_tokens": "BIGINT",
        "cache_read_tokens": "BIGINT",
        "cache_write_tokens": "BIGINT",
        "reasoning_tokens": "BIGINT",
        "cost": "DOUBLE",
        "cost_currency": "VARCHAR",
        "tool_cost": "DOUBLE",
        "tool_cost_currency": "VARCHAR",
        "error_type": "VARCHAR",
        "error_message": "VARCHAR",
        "outcome": "VARCHAR",
        "layer": "VARCHAR",
        "attempt_number": "INTEGER",
        "attempt_count": "INTEGER",
        "attempt_error_type": "VARCHAR",
        "fallback_from": "VARCHAR",
        "fallback_position": "INTEGER",
        "arguments_hash": "VARCHAR",
        "arguments": "VARCHAR",
        "result": "VARCHAR",
        # Marks of emitters that record each try as a call of its own: on a call that is tried
        # again, its number; on a later try, its number.
        "retried_as": "INTEGER",
        "retry_of": "INTEGER",
        "stamped_workflow": "VARCHAR",
        "stamped_agent": "VARCHAR",
        "stamped_step": "VARCHAR",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The vocabulary of one emitter of spans, as data.

    A *place* is where a fact may stand:

    - `KEY`: an attribute of the span
    - `KEY->MEMBER`: a member of an attribute that holds JSON (`a.b` goes deeper)
    - `KEY=~REGEX`: the first group of a regular expression in an attribute
    - `KEY?VALUE`: the word VALUE, if the attribute is there at all (`PREFIX.*?VALUE` also)
    - `KEY+KEY`: the sum of numbers, those that are missing left out
    - `@name`: the span's name; `@name:PREFIX` what follows PREFIX in it, `@name|SUFFIX` what
      comes before SUFFIX
    - `@resource:KEY`: an attribute of the resource

    Attributes:
        name: short and stable; the column `dialect` holds it.
        source: where keys and rules were taken from, with versions.
        sample: the real sample that tests show it on, or None: then the rules are unverified.
        keys: a span with any of these attributes speaks this dialect; `prefix.*` is a prefix.
        scopes: so does one of these instrumentation scopes; `prefix*` is a prefix.
        names: so does a span whose name begins with one of these.
        kinds: for each attribute that says what a span is, its values and what they mean (one of
            `KINDS`; `*` is any other value); the first attribute that says something counts.
        kind_by_name: beginnings of span names (`=` and the whole name), where no attribute says.
        kind_by_key: attributes whose presence says it, where neither does; the first counts.
        kind_needs: for a kind, attributes of which one must be there, and what it is without.
        facts: for each fact, the places where it may stand, best first.
        failures: attribute values that say the call failed, whatever the status; a value
            `contains:TEXT` is a part of it.
        reads_anywhere: whether its attributes mean the same on spans of any dialect.
    """

    name: str
    source: str
    sample: str | None = None
    keys: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kind_by_name: Mapping[str, str] = field(default_factory=dict)
    kind_by_key: Mapping[str, str] = field(default_factory=dict)
    kind_needs: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reads_anywhere: bool = False

    def __post_init__(self) -> None:
        kinds = {kind for words in self.kinds.values() for kind in words.values()}
        kinds |= {*self.kind_by_name.values(), *self.kind_by_key.values(), *self.kind_needs}
        kinds |= {other for _, other in self.kind_needs.values()}
        unknown = set(self.facts) - set(FACTS) | kinds - set(KINDS)
        if unknown:
            raise ValueError(f"dialect {self.name}: no such fact or kind: {sorted(unknown)}")
