"""The reference of recommendations names every rule and column, and nothing else."""

import re

from support.reference import REPOSITORY
from toolspan.analytics.recommend import COLUMNS, RULES

PAGE = REPOSITORY / "docs" / "reference" / "recommendations.md"


def test_every_rule_and_column_is_described() -> None:
    columns, rules = PAGE.read_text(encoding="utf-8").split("## Rules")
    named = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", columns, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(named)) == list(COLUMNS)
    assert re.findall(r"^\| `(\w+)` \|", rules, re.MULTILINE) == list(RULES)
