"""The three patterns: what targets record and what decorators record is the same."""

import sys
from pathlib import Path

import pytest

from support.reference import REPOSITORY
from support.spans import otlp_json_spans
from support.trees import expected, tree
from support.zero_code import TOOLSPAN, Workplace

PATTERNS = REPOSITORY / "examples" / "patterns"
NAMES_ONLY = {"toolspan.outcome", "toolspan.attempt.number", "toolspan.fallback.from"}


def recorded(folder: Path, variant: str, pattern: str) -> list[dict[str, object]]:
    options = ["--targets", str(PATTERNS / "targets.yaml")] if variant == "plain" else []
    workplace = Workplace(folder, env={"TOOLSPAN_HASH_KEY": "the same for both"})
    done = workplace.start(
        *(TOOLSPAN, "run", "--dir", variant, *options),
        *("--", sys.executable, PATTERNS / variant / f"{pattern}.py"),
    )
    assert done.returncode == 0, done.stderr
    return list(otlp_json_spans(folder / variant))


@pytest.mark.parametrize(
    "pattern",
    [
        "agent",
        pytest.param("crew", marks=pytest.mark.slow),
        pytest.param("orchestrator", marks=pytest.mark.slow),
    ],
)
def test_targets_and_decorators_record_equal_trees(tmp_path: Path, pattern: str) -> None:
    plain = recorded(tmp_path, "plain", pattern)
    decorated = recorded(tmp_path, "decorated", pattern)
    shown = tree(plain, leave_out=["jsonrpc.request.id"])
    assert shown == tree(decorated, leave_out=["jsonrpc.request.id"])
    every = {key for span in plain for key in span["attributes"]}  # type: ignore[attr-defined]
    brief = tree([span for span in plain if span["scope"] == OURS], leave_out=every - NAMES_ONLY)
    assert brief.replace(f"{OURS} | ", "").replace(" | INTERNAL", "") == expected(SHOWN[pattern])


OURS = "toolspan.instrumentation"
SHOWN = {
    "agent": """
        invoke_agent SupportAgent | UNSET | toolspan.outcome=ok
          execute_tool search_manual | UNSET | toolspan.outcome=ok
            attempt search_manual | ERROR the page store is slow today | \
                toolspan.attempt.number=1 toolspan.outcome=timeout
            attempt search_manual | UNSET | toolspan.attempt.number=2 toolspan.outcome=ok
          execute_tool open_ticket | UNSET | toolspan.outcome=ok
        invoke_agent SupportAgent | UNSET | toolspan.outcome=ok
          execute_tool search_manual | ERROR fax machines are gone from the manual | \
            toolspan.outcome=error
          execute_tool search_forum | UNSET | toolspan.fallback.from=search_manual \
            toolspan.outcome=ok
          execute_tool open_ticket | ERROR | toolspan.outcome=tool_error
        """,
    "crew": """
        invoke_workflow letter_counters | UNSET | toolspan.outcome=ok
          step researcher | UNSET | toolspan.outcome=ok
            invoke_agent researcher | UNSET | toolspan.outcome=ok
              execute_tool look_up | UNSET | toolspan.outcome=ok
              execute_tool look_up | UNSET | toolspan.outcome=ok
          step writer | UNSET | toolspan.outcome=ok
            invoke_agent writer | UNSET | toolspan.outcome=ok
              execute_tool polish | UNSET | toolspan.outcome=ok
          step chief writer | UNSET | toolspan.outcome=ok
            invoke_agent chief writer | UNSET | toolspan.outcome=ok
              execute_tool polish | UNSET | toolspan.outcome=ok
        """,
    "orchestrator": """
        invoke_workflow fulfil_order | UNSET | toolspan.outcome=ok
          step check_stock | UNSET | toolspan.outcome=ok
            execute_tool count | UNSET | toolspan.outcome=ok
          step get_quote | UNSET | toolspan.outcome=ok
            execute_tool quote | UNSET | toolspan.outcome=ok
          step reserve | UNSET | toolspan.outcome=ok
            execute_tool reserve | UNSET | toolspan.outcome=ok
              attempt reserve | ERROR stock.reserve | toolspan.attempt.number=1 \
                toolspan.outcome=error
              attempt reserve | UNSET | toolspan.attempt.number=2 toolspan.outcome=ok
          step ship | UNSET | toolspan.outcome=ok
            execute_tool ship | UNSET | toolspan.outcome=ok
        invoke_workflow fulfil_order | UNSET | toolspan.outcome=ok
          step check_stock | UNSET | toolspan.outcome=ok
            execute_tool count | UNSET | toolspan.outcome=ok
          step get_quote | UNSET | toolspan.outcome=ok
            execute_tool quote | UNSET | toolspan.outcome=ok
          step reserve | UNSET | toolspan.outcome=ok
            execute_tool reserve | UNSET | toolspan.outcome=ok
              attempt reserve | ERROR stock.reserve | toolspan.attempt.number=1 \
                toolspan.outcome=error
              attempt reserve | UNSET | toolspan.attempt.number=2 toolspan.outcome=ok
          step ship | ERROR shipping.ship | toolspan.outcome=error
            execute_tool ship | ERROR shipping.ship | toolspan.outcome=error
              attempt ship | ERROR shipping.ship | toolspan.attempt.number=1 \
                toolspan.outcome=error
              attempt ship | ERROR shipping.ship | toolspan.attempt.number=2 \
                toolspan.outcome=error
        """,
}
