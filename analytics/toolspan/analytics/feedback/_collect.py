"""From files to feedback, and what was left out on the way."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.errors import InputError
from toolspan.analytics.feedback._records import records_of
from toolspan.analytics.feedback._table import Columns, feedbacks, find_columns
from toolspan.analytics.feedback.platforms import PLATFORMS
from toolspan.analytics.read import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolspan.analytics.feedback._feedback import Feedback

NOT_ENOUGH = "no judgement"
NO_TARGET = "nothing it is about"


@dataclass(slots=True)
class Collection:
    """What was made of one file.

    Attributes:
        path: the file.
        form: platform, or kind of file, it was taken for.
        columns: for tables, which of our fields was taken from which column.
        feedback: what was found.
        records: how many records the file has.
        left_out: why records made no feedback, with their number.
    """

    path: Path
    form: str
    columns: dict[str, str] = field(default_factory=dict)
    feedback: list["Feedback"] = field(default_factory=list)
    records: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def collect(path: Path, columns: Columns | None = None) -> Collection:
    """Read one file of feedback.

    Args:
        path: an export of a platform, or a table with a session and a score.
        columns: for tables, which column holds what, where their names do not say it.

    Raises:
        InputError: the file cannot be read, or it does not say which column is what.
    """
    kind, records = records_of(path)
    first = next(records, None)
    if first is None:
        raise InputError(f"{name_of(path)}: no records in it")
    platform = None if columns else next((p for p in PLATFORMS if p.recognises(first)), None)
    if platform is not None:
        found = Collection(path, platform.NAME)
        made: Iterable[Iterator[Feedback]] = map(platform.feedbacks, chain((first,), records))
    else:
        try:
            mapping = find_columns(list(first), columns)
        except InputError as error:
            raise InputError(f"{name_of(path)}: {error}") from error
        found = Collection(path, kind, dict(mapping.fields))
        made = (feedbacks(record, mapping, kind) for record in chain((first,), records))
    for candidates in made:
        found.records += 1
        _keep(list(candidates), found)
    return found


def _keep(candidates: list["Feedback"], found: Collection) -> None:
    if not candidates:
        found.left_out[NOT_ENOUGH] += 1
    for candidate in candidates:
        if candidate.value is None and candidate.label is None and candidate.error is None:
            found.left_out[NOT_ENOUGH] += 1
        elif not candidate.has_target:
            found.left_out[NO_TARGET] += 1
        else:
            found.feedback.append(candidate.identified())


def summary(found: Collection) -> dict[str, Any]:
    """The collection in numbers, for people and programs."""
    return {
        "file": name_of(found.path),
        "form": found.form,
        "records": found.records,
        "feedback": len(found.feedback),
        "left_out": dict(found.left_out),
        "columns": found.columns,
        "scores": dict(Counter(item.name for item in found.feedback)),
    }
