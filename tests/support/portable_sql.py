"""What of SQL a measure may use: the subset of docs/explanation/portable-sql.md, node by node."""

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from support.reference import REPOSITORY

PAGE = REPOSITORY / "docs" / "explanation" / "portable-sql.md"
OTHERS = ("clickhouse", "spark")

# Functions that mean the same in all three engines.
FUNCTIONS: frozenset[type[exp.Expression]] = frozenset(
    {
        exp.Abs,
        exp.Avg,
        exp.Ceil,
        exp.Coalesce,
        exp.Concat,
        exp.Count,
        exp.Floor,
        exp.Greatest,
        exp.Lag,
        exp.Lead,
        exp.Least,
        exp.Length,
        exp.Lower,
        exp.Max,
        exp.Min,
        exp.Nullif,
        exp.Pow,
        exp.Rank,
        exp.Round,
        exp.RowNumber,
        exp.Sqrt,
        exp.Sum,
        exp.Upper,
    }
)
# What sqlglot counts as functions and SQL as syntax.
_OPERATORS = frozenset({exp.And, exp.Case, exp.Cast, exp.If, exp.Or})
_SYNTAX = frozenset(
    {
        exp.Add,
        exp.Alias,
        exp.Between,
        exp.Boolean,
        exp.CTE,
        exp.Column,
        exp.DataType,
        exp.Distinct,
        exp.Div,
        exp.EQ,
        exp.From,
        exp.GT,
        exp.GTE,
        exp.Group,
        exp.Having,
        exp.Identifier,
        exp.In,
        exp.Is,
        exp.Join,
        exp.LT,
        exp.LTE,
        exp.Limit,
        exp.Literal,
        exp.Mul,
        exp.NEQ,
        exp.Neg,
        exp.Not,
        exp.Null,
        exp.Order,
        exp.Ordered,
        exp.Paren,
        exp.Select,
        exp.Star,
        exp.Sub,
        exp.Subquery,
        exp.Table,
        exp.TableAlias,
        exp.Union,
        exp.Where,
        exp.Window,
        exp.WindowSpec,
        exp.With,
    }
)
_TYPES = frozenset({exp.DataType.Type.BIGINT, exp.DataType.Type.DOUBLE, exp.DataType.Type.TEXT})
_MACRO = re.compile(r"CREATE OR REPLACE TEMP MACRO (\w+)\(")
# Parts of allowed nodes that only one engine knows.
_ODD_PARTS = {
    exp.Select: ("qualify", "laterals", "sample", "distinct_on"),
    exp.Group: ("all", "totals", "rollup", "cube", "grouping_sets"),
    exp.Star: ("except_", "replace", "rename"),
    exp.Join: ("method",),
    exp.Distinct: ("on",),
    exp.Limit: ("offset",),
}


def defined_macros() -> set[str]:
    """The names of all macros that are defined for DuckDB."""
    folder = REPOSITORY / "analytics" / "toolspan" / "analytics"
    texts = [(folder / name / "macros.sql").read_text("utf-8") for name in ("engine", "model")]
    return {name for text in texts for name in _MACRO.findall(text)}


def documented_macros() -> set[str]:
    """The names of the macros that the page lists."""
    rows = [line.split("|")[1] for line in PAGE.read_text("utf-8").splitlines() if line[:1] == "|"]
    return {name for row in rows for name in re.findall(r"`(\w+)\(", row)}


def documented_functions() -> set[str]:
    """The names of the functions that the page lists."""
    text = PAGE.read_text("utf-8").partition("<!-- functions -->")[2]
    return set(re.findall(r"`(\w+)`", text.partition("<!-- /functions -->")[0]))


def macros_used(sql: str, dialect: str = "duckdb") -> set[str]:
    """The names of the functions in a query that are none of SQL's own."""
    (tree,) = sqlglot.parse(sql, read=dialect)
    assert tree is not None
    return {node.name.lower() for node in tree.find_all(exp.Anonymous)}


def objections(sql: str) -> list[str]:
    """What keeps a query from running on all three engines; empty if nothing does."""
    (tree,) = sqlglot.parse(sql, read="duckdb")
    assert tree is not None
    found = [objection for node in tree.walk() for objection in _about(node)]
    for dialect in OTHERS:
        try:
            text = tree.sql(dialect=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
            written = macros_used(text, dialect)
        except sqlglot.errors.SqlglotError as error:
            found.append(f"{dialect}: {error}")
            continue
        lost = macros_used(sql) - written
        found += [f"{dialect}: {name} became something else" for name in sorted(lost)]
    return found


def _about(node: exp.Expression) -> Iterator[str]:
    kind = type(node)
    if isinstance(node, exp.Anonymous):
        if node.name not in documented_macros():
            yield f"{node.name} is no macro that is listed"
    elif kind not in FUNCTIONS | _OPERATORS | _SYNTAX:
        yield f"{kind.__name__} is not listed: {node.sql(dialect='duckdb')[:60]}"
    elif isinstance(node, exp.DataType) and node.this not in _TYPES:
        yield f"a type that is not listed: {node.sql(dialect='duckdb')}"
    elif isinstance(node, exp.Union) and node.args.get("distinct"):
        yield "UNION without ALL"
    for part in _ODD_PARTS.get(kind, ()):
        if node.args.get(part):
            yield f"{kind.__name__} with {part.rstrip('_')}"
