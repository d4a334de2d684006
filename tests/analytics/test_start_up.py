"""The first table comes quickly: nothing heavy is imported before it is asked for."""

from pathlib import Path

import pytest

from support.programs import run_program


@pytest.mark.parametrize("style", ["json", "table", "csv", "markdown"])
def test_a_table_needs_no_pandas_numpy_or_scipy(newsletter: Path, style: str) -> None:
    done = run_program(
        """
        import sys
        from toolspan.launcher import main
        assert main(["tools", sys.argv[1], "--format", sys.argv[2]]) == 0
        heavy = {"pandas", "numpy", "scipy", "jinja2", "rich", "pyarrow", "opentelemetry"}
        print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
        """,
        newsletter / "spans.jsonl",
        style,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_help_needs_no_engine() -> None:
    done = run_program(
        """
        import sys
        from toolspan.analytics.cli import check, data, measures, report, status
        for verb in (check.main, data.sql, measures.agents, report.main, status.main):
            try:
                verb(["--help"], prog="toolspan x")
            except SystemExit:
                pass
        print("duckdb" in sys.modules, file=sys.stderr)
        """
    )
    assert done.stderr == "False\n"


def test_analytics_imports_no_other_floor() -> None:
    done = run_program(
        """
        import sys
        import toolspan.analytics.cli.report, toolspan.analytics.report
        print([m for m in sys.modules if m.startswith(("toolspan.instr", "toolspan.exp"))])
        """
    )
    assert done.stdout == "[]\n"
