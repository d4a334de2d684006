"""Feedback into the engine, and from there to the sessions it is about."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.engine import literal, load_sql
from toolspan.analytics.feedback._collect import Collection, collect
from toolspan.analytics.feedback._feedback import SOURCE_WORDS
from toolspan.analytics.feedback._labels import label_values

if TYPE_CHECKING:
    import duckdb

    from toolspan.analytics.feedback._table import Columns


def load_feedback(
    connection: "duckdb.DuckDBPyConnection",
    files: Sequence[Path],
    columns: "Columns | None" = None,
) -> list[Collection]:
    """Make the table `imported_evaluation` of files that are no OTLP, if they hold feedback.

    Raises:
        InputError: one of them cannot be read.
    """
    collections = [collect(file, columns) for file in files]
    found = [item for collection in collections for item in collection.feedback]
    if not found:
        return collections
    with tempfile.TemporaryDirectory(prefix="toolspan-") as folder:
        path = Path(folder, "feedback.jsonl")
        lines = (json.dumps(asdict(item)) + "\n" for item in found)
        path.write_text("".join(lines), encoding="utf-8")
        connection.execute(load_sql("feedback/insert.sql").replace("$file", literal(str(path))))
    return collections


def resolve(
    connection: "duckdb.DuckDBPyConnection",
    labels: Sequence[str] | Mapping[str, float | None] | None,
) -> None:
    """Make the table `assessment` and its view `feedback` of `evaluation`.

    Args:
        connection: an engine with the model built.
        labels: what words mean as values, on top of the usual ones.

    Raises:
        UsageError: a label has no number.
    """
    meanings = label_values(labels)
    evaluations = "evaluation"
    if _has_imported(connection):
        evaluations = (
            "(SELECT * FROM evaluation UNION ALL BY NAME SELECT * FROM imported_evaluation)"
        )
    counts = connection.execute(
        load_sql("feedback/targets.sql").replace("$evaluations", evaluations)
    )
    some, *targets = counts.fetchall()[0]
    if not some:
        connection.execute(load_sql("feedback/no_assessments.sql"))
        return
    connection.execute(load_sql("feedback/words.sql"))
    connection.execute(
        "INSERT INTO label_meaning SELECT unnest(?::VARCHAR[]), unnest(?::DOUBLE[])",
        [list(meanings), list(meanings.values())],
    )
    connection.execute(
        "INSERT INTO source_word SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [list(SOURCE_WORDS), list(SOURCE_WORDS.values())],
    )
    sql = load_sql("feedback/assessment.sql").replace("$evaluations", evaluations)
    # What nothing refers to is not looked through, be it millions of spans.
    for name, wanted in zip(("$spans", "$responses", "$attributed"), targets, strict=True):
        sql = sql.replace(name, "resolved" if wanted else "(SELECT * FROM resolved LIMIT 0)")
    connection.execute(sql)


def _has_imported(connection: "duckdb.DuckDBPyConnection") -> bool:
    import duckdb

    try:
        connection.execute("SELECT 1 FROM imported_evaluation LIMIT 0")
    except duckdb.CatalogException:
        # Asking the catalog would take longer than all the rest about no feedback.
        return False
    return True
