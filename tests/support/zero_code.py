"""Programs started by `toolspan run`, as a user starts them."""

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.spans import otlp_json_spans

TIMEOUT_S = 60
TOOLSPAN = str(Path(sys.executable).with_name("toolspan"))
"""The command of the environment the tests run in."""


@dataclass
class Workplace:
    """A folder with a user's files, and what running them left there."""

    folder: Path
    python: Path = Path(sys.executable)
    """The interpreter that programs run with; it has toolspan beside it."""
    env: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def start(self, *command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Any command, in this folder."""
        return subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": "", **self.env, **env},
        )

    def toolspan_run(
        self, *arguments: str | Path, options: tuple[str, ...] = (), **env: str
    ) -> subprocess.CompletedProcess[str]:
        """`toolspan run OPTIONS -- python ARGUMENTS`, with targets.yaml if there is one."""
        given = [*options]
        if (self.folder / "targets.yaml").exists() and "--targets" not in given:
            given += ["--targets", "targets.yaml"]
        toolspan = self.python.with_name("toolspan")
        return self.start(toolspan, "run", *given, "--", self.python, *arguments, **env)

    @property
    def data(self) -> Path:
        return self.folder / "toolspan-data"

    @property
    def spans(self) -> list[dict[str, Any]]:
        """Every span written, in start order."""
        return sorted(otlp_json_spans(self.data), key=lambda span: span["start"])

    @property
    def names(self) -> list[str]:
        return [span["name"] for span in self.spans]
