"""Cells of tables: in CSV, lists and objects are the text that Python has for them."""

import ast
import json
from typing import Any

# So long no cell is that a person or a chart is to read.
_LONGEST = 16 << 20


def value_of(cell: Any) -> Any:
    """The list or object that the text of a cell stands for, as JSON or as Python writes it."""
    if not isinstance(cell, str) or cell[:1] not in ("[", "{") or len(cell) > _LONGEST:
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return cell
