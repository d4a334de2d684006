"""Names on metrics come from a bounded set, whatever names a model makes up."""

from typing import Final

OTHER_NAME: Final = "_OTHER"
_MOST_NAMES: Final = 200
_seen: Final[set[str]] = set()


def bounded_name(name: str, *, is_registered: bool) -> str:
    """`name` if it was given when something was decorated, or is one of the first 200 others.

    A name that is made up on each call, as models do with tools that do not exist, would
    otherwise be a new time series each time.
    """
    if is_registered or name in _seen:
        return name
    if len(_seen) >= _MOST_NAMES:
        return OTHER_NAME
    _seen.add(name)
    return name
