"""How much worse NEW may be: margins from a file.

    # margins.toml
    [[margin]]
    quantity = "session_success"   # what toolspan compare lists
    absolute = 0.03                # NEW may be 3 points worse

    [[margin]]
    quantity = "call_p95_ms"
    of = "search_web"              # one tool; of a score, its name
    relative = 0.2                 # NEW may be 20 % worse than BASE

Only what has a margin is judged; the rest is shown beside it.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolspan.analytics.comparison._quantities import NAMES, QUANTITIES, SCORE, TOOL_MIX
from toolspan.analytics.errors import InputError, UsageError, close_to

_KEYS = ("quantity", "of", "source", "absolute", "relative", "direction")
DIRECTIONS = ("higher", "lower")


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse one quantity may become; the attributes are the keys of a `[[margin]]`.

    Attributes:
        quantity: one of `NAMES`.
        of: one tool or score; None for all.
        source: of scores, only those whose source holds this text.
        absolute: in its own unit (shares: 0.05 is five points).
        relative: as a part of what BASE has.
        direction: of scores, which is better; None for what the feedback says, else `higher`.
    """

    quantity: str
    of: str | None = None
    source: str | None = None
    absolute: float | None = None
    relative: float | None = None
    direction: str | None = None

    @property
    def is_relative(self) -> bool:
        """Whether it is a part of what BASE has."""
        return self.relative is not None

    @property
    def amount(self) -> float:
        """The absolute or the relative one."""
        amount = self.absolute if self.relative is None else self.relative
        assert amount is not None
        return amount


def read_margins(path: Path) -> list[Margin]:
    """The margins of a TOML file.

    Raises:
        InputError: it cannot be read or is no TOML.
        UsageError: a margin is not understood.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no TOML: {error}") from error
    unknown = sorted(set(data) - {"margin"})
    entries = data.get("margin")
    if unknown or not isinstance(entries, list) or not entries:
        beside = f", not {', '.join(unknown)}" if unknown else ""
        raise UsageError(f"{path}: expected at least one [[margin]]{beside}")
    found = [_margin(f"{path}: margin {place}", entry) for place, entry in enumerate(entries, 1)]
    names = [(each.quantity, each.of, each.source) for each in found]
    for place, name in enumerate(names, 1):
        if name in names[: place - 1]:
            raise UsageError(f"{path}: margin {place} is about {name[0]!r} again")
    return found


def _margin(place: str, entry: Mapping[str, Any]) -> Margin:
    if not isinstance(entry, Mapping):
        raise UsageError(f"{place} is no table of keys")
    for key in entry:
        if key not in _KEYS:
            raise UsageError(
                f"{place} has {key!r}{close_to(key, _KEYS)}; it may have {', '.join(_KEYS)}"
            )
    name = entry.get("quantity")
    if name not in NAMES:
        near = close_to(str(name), NAMES)
        raise UsageError(f"{place}: quantity is one of {', '.join(NAMES)}, not {name!r}{near}")
    of, source, direction = (_text(place, entry, key) for key in ("of", "source", "direction"))
    absolute, relative = (_amount(place, entry, key) for key in ("absolute", "relative"))
    if (absolute is None) == (relative is None):
        raise UsageError(f"{place} needs either absolute or relative")
    found = Margin(str(name), of, source, absolute, relative, direction)
    trouble = _trouble(found)
    if trouble:
        raise UsageError(f"{place}: {trouble}")
    return found


def _trouble(margin: Margin) -> str | None:
    """What makes no sense about a margin."""
    name = margin.quantity
    is_share = name == TOOL_MIX or (name in QUANTITIES and QUANTITIES[name].unit == "share")
    if margin.of is not None and name != SCORE and (name == TOOL_MIX or not QUANTITIES[name].of):
        return f"{name} is about sessions as a whole; `of` is for scores and calls of a tool"
    if name != SCORE and (margin.source or margin.direction):
        return "source and direction are for scores"
    if margin.direction not in (None, *DIRECTIONS):
        return f"direction is {' or '.join(DIRECTIONS)}, not {margin.direction!r}"
    if is_share and margin.is_relative:
        return f"{name} is a share; give absolute, such as 0.05 for five points"
    if is_share and margin.amount >= 1:
        return f"{name} is a share; {margin.amount:g} is all of it"
    if name == SCORE and margin.is_relative and margin.amount >= 1:
        return f"relative is a part of what BASE has; {margin.amount:g} is all of it"
    return None


def _text(place: str, entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{place}: {key} is a text, not {value!r}")
    return value


def _amount(place: str, entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{place}: {key} is a number, not {value!r}")
    if not (math.isfinite(value) and value >= 0):
        raise UsageError(f"{place}: {key} is 0 or more, not {value!r}")
    return float(value)
