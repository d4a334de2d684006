"""MCP clients and servers in processes of their own, each started as `toolspan run` does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.reference import REPOSITORY
from support.spans import otlp_json_spans
from support.trees import tree

PROGRAMS = REPOSITORY / "tests" / "instrumentation" / "frameworks" / "mcp" / "programs"
TIMEOUT_S = 90


@dataclass
class McpPrograms:
    """Runs programs of `PROGRAMS` with the interpreter of one environment, into one folder."""

    folder: Path
    python: Path = Path(sys.executable)

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        """The command of a program, to be started by another one."""
        return [str(self.python), str(PROGRAMS / program), *map(str, arguments)]

    def run(
        self, command: list[str], *, service: str = "client", **env: str
    ) -> subprocess.CompletedProcess[str]:
        """`toolspan run -- command`, to its end."""
        return subprocess.run(
            self._recorded(command),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            cwd=self.folder,
            env=self._environment(service, env),
        )

    @contextmanager
    def serving(self, command: list[str], **env: str) -> Iterator[str]:
        """A server over HTTP, recorded as service `server`; gives the URL that it prints."""
        with subprocess.Popen(
            self._recorded(command),
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self._environment("server", env),
        ) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().strip()
                assert url.startswith("http"), url
                yield url
            finally:
                process.terminate()
                process.wait(TIMEOUT_S)

    def _recorded(self, command: list[str]) -> list[str]:
        return [str(self.python.with_name("toolspan")), "run", "--dir", "data", "--", *command]

    def _environment(self, service: str, env: dict[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return {**kept, "OTEL_SERVICE_NAME": service, **env}

    @property
    def files(self) -> list[Path]:
        """The span files, one a process."""
        return sorted((self.folder / "data").glob("spans-*.jsonl"))

    @property
    def spans(self) -> list[dict[str, Any]]:
        return list(otlp_json_spans(self.folder / "data"))

    def tree(self, *leave_out: str) -> str:
        return tree(self.spans, leave_out=leave_out)

    @property
    def brief(self) -> str:
        """Layers, outcomes and error types alone."""
        keep = {"toolspan.outcome", "toolspan.tool_call.layer", "error.type"}
        return self.tree(*({key for span in self.spans for key in span["attributes"]} - keep))
