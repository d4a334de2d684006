"""Which run something belongs to, as LangChain's own configuration says it.

The current context does not say so where another library has attached one of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def run_around(given: Iterable[Any]) -> Any:
    """The id of the run in which a function is called, from one of the things it is given."""
    for one in given:
        config = one if isinstance(one, Mapping) else getattr(one, "config", None)
        callbacks = config.get("callbacks") if isinstance(config, Mapping) else None
        run_id = getattr(callbacks, "parent_run_id", None)
        if run_id is not None:
            return run_id
    return None
