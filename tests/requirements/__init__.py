"""Every behaviour that toolspan promises, by a stable id, and whether it is built.

A test claims behaviours with `@pytest.mark.requirement("battery.generator-early-break")`. The run checks
both ways (`support/requirement_rule.py`): a claimed id must exist and be `built(...)`, and every
`built(...)` id must be claimed by a test. To build a planned one: write the test, then change
`planned(3, "...")` to `built("...")`.

`python tests/requirements_report.py` counts them. Ids, by source:

- `project.*`: what the project promises its newcomers
- `design.N-*`: section N of the design
- `pipelines.*`: what becomes of spans on their way to files and programs of others
- `battery.*`: a row of the behaviour battery that no existing decorator passes as a whole
- `pain.NN-*`: a recording pain that users of existing libraries report
- `capability.X-*`: what the recording side must be able to do to be ahead of them
- `analytics.NN-*`: what the analysis side must be able to do
"""

from requirements import (
    analytics,
    battery,
    budgets,
    capabilities,
    files,
    findings,
    house,
    pains,
    pipelines,
    project,
    scale_and_privacy,
    spans,
    tables,
)
from requirements._model import Requirement

__all__ = ["REQUIREMENTS", "Requirement"]


def _joined(*sources: dict[str, Requirement]) -> dict[str, Requirement]:
    joined: dict[str, Requirement] = {}
    for source in sources:
        twice = joined.keys() & source.keys()
        if twice:
            raise ValueError(f"requirement ids in two files: {sorted(twice)}")
        joined |= source
    return joined


REQUIREMENTS = _joined(
    project.REQUIREMENTS,
    house.REQUIREMENTS,
    spans.REQUIREMENTS,
    files.REQUIREMENTS,
    pipelines.REQUIREMENTS,
    tables.REQUIREMENTS,
    findings.REQUIREMENTS,
    budgets.REQUIREMENTS,
    scale_and_privacy.REQUIREMENTS,
    battery.REQUIREMENTS,
    pains.REQUIREMENTS,
    capabilities.REQUIREMENTS,
    analytics.REQUIREMENTS,
)
