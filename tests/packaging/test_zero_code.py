"""The zero-code path from the wheel alone: no exporter, no collector, nothing else installed."""

from pathlib import Path

import pytest

from support.environments import Environment, start
from support.spans import otlp_json_spans

pytestmark = [pytest.mark.packaging]

AGENT = """
class Agent:
    def run(self):
        return TOOLS["search"]("otters")
def search(query):
    return [query]
TOOLS = {"search": search}
if __name__ == "__main__":
    print(Agent().run())
"""
TARGETS = """
targets:
  - {target: 'agent:Agent.run', kind: agent}
  - {target: 'agent:search', kind: tool}
"""


@pytest.mark.requirement("project.wheel-alone", "design.2-base-verbs")
def test_a_script_is_recorded_from_the_wheel_alone(base_environment: Environment, tmp_path: Path):
    (tmp_path / "agent.py").write_text(AGENT)
    (tmp_path / "targets.yaml").write_text(TARGETS)
    toolspan = base_environment.root / "bin" / "toolspan"
    done = start(
        *(toolspan, "run", "--dir", "data", "--targets", "targets.yaml"),
        *("--", base_environment.python, "agent.py"),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "['otters']\n", "")
    spans = sorted(otlp_json_spans(tmp_path / "data"), key=lambda span: span["start"])
    assert [span["name"] for span in spans] == ["invoke_agent Agent", "execute_tool search"]
    examined = start(
        *(toolspan, "doctor", "--dir", "data", "--targets", "targets.yaml"),
        *("--", base_environment.python, "agent.py"),
        cwd=tmp_path,
    )
    assert examined.returncode == 0, examined.stdout
