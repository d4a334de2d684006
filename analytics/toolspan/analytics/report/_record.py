"""The report as plain data, for programs."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolspan.analytics.report._facts import Facts


def report_record(facts: "Facts") -> dict[str, Any]:
    """Everything the report says, as dicts, lists, texts and numbers."""
    plain = asdict(facts)
    plain["recommendations"] = [one.record() for one in facts.recommendations]
    plain["vitals"] = [
        {**record, "change": vital.change}
        for record, vital in zip(plain["vitals"], facts.vitals, strict=True)
    ]
    return plain
