"""Real samples of each dialect give the tool calls, agents, models and tokens they hold."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from support.reference import shared
from toolspan.analytics import open_traces
from toolspan.analytics.dialects import DIALECTS

pytestmark = pytest.mark.shared

VENDOR_FILES = (
    "agentevals-dev+agentevals/samples__helm.json",
    "agentevals-dev+agentevals/samples__helm_2.json",
    "agentevals-dev+agentevals/samples__tempo_export_with_batches.json",
    "mozilla-ai+any-agent/tests__assets__AGNO_trace.json",
    "mozilla-ai+any-agent/tests__assets__LANGCHAIN_trace.json",
    "mozilla-ai+any-agent/tests__assets__OPENAI_trace.json",
    *(
        f"langfuse+langfuse/worker__src____tests____chatml__framework-traces__{name}.trace.json"
        for name in (
            "pydantic-ai-tools-2025-12-04",
            "vercel-aisdk-2025-11-17",
            "koog-2025-08-26",
            "openai-agents-2025-09-30",
        )
    ),
)


@pytest.mark.parametrize("file", VENDOR_FILES)
def test_an_export_of_a_vendor_is_understood(file: str) -> None:
    entries = json.loads(shared("data", "dialects", "EXPECTED.json").read_text(encoding="utf-8"))
    (expected,) = (entry for entry in entries if entry["file"] == file)
    with open_traces(shared("data", "dialects", *file.split("/"))) as traces:
        llm_calls = traces.table_records("llm_calls")
        found = {
            "agent_runs": len(traces.table_records("agent_runs")),
            "llm_calls": len(llm_calls),
            "tool_calls": dict(
                Counter(row["tool_name"] for row in traces.table_records("tool_calls"))
            ),
            "input_tokens": sum(row["input_tokens"] for row in llm_calls),
            "output_tokens": sum(row["output_tokens"] for row in llm_calls),
            "session_id": traces.table_records("sessions")[0]["session_id"],
        }
        assert traces.summary.damages == []
    assert found == {key: expected[key] for key in found}


def test_the_list_of_exports_is_the_whole_list() -> None:
    entries = json.loads(shared("data", "dialects", "EXPECTED.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in entries} == set(VENDOR_FILES)


# The same scripted run in each framework: `search` works, `flaky` fails once and then works.
def scripted(agent: str | None, failure: str = "error", prefix: str = "") -> list[Any]:
    return [
        (f"{prefix}search", agent, "ok"),
        (f"{prefix}flaky", agent, failure),
        (f"{prefix}flaky", agent, "ok"),
    ]


OPENAI_RUN = [
    ("search", "triage", "ok"), ("search", "triage", "ok"),
    ("flaky", "worker", "error"), ("flaky", "worker", "ok"),
]  # fmt: skip

# file: dialect, tool calls (tool, agent, outcome), agent runs, (model, tokens in, out) of calls
DEMOS: dict[str, tuple[str, list[Any], dict[str, int], dict[Any, int]]] = {
    "ag2_demo": ("ag2", scripted("unknown"), {"unknown": 1}, {(None, None, None): 3}),
    "agent_framework_demo": (
        "agent_framework", scripted("main"), {"main": 1, "writer": 1, "reviewer": 1},
        {("scripted-1", 10, 5): 5},
    ),
    "anthropic_demo": (
        "gen_ai", scripted("(unnamed)", "tool_error"), {"(unnamed)": 1},
        {("claude-scripted", 10, 5): 3},
    ),
    "autogen_demo": (
        "autogen",
        [("search", "triage", "ok"), ("transfer_to_worker", "triage", "ok"),
         ("flaky", "worker", "error"), ("flaky", "worker", "ok")],
        {"triage": 1, "worker": 1}, {},
    ),
    "google_adk_demo": (
        "google_adk",
        [("search", "triage", "ok"), ("transfer_to_agent", "triage", "ok"),
         ("flaky", "worker", "error"), ("flaky", "worker", "ok")],
        {"triage": 1, "worker": 1}, {("scripted-1", 10, 5): 2, ("scripted-2", 10, 5): 3},
    ),
    "haystack_demo": (
        "haystack", scripted("(unnamed)", "tool_error"), {"(unnamed)": 1}, {(None, None, None): 3},
    ),
    "semantic_kernel_demo": ("semantic_kernel", scripted("main", prefix="P-"), {"main": 1}, {}),
    "strands_demo": ("strands", scripted("main"), {"main": 1}, {(None, 10, 5): 3}),
    "strands_demo_latest": ("strands", scripted("main"), {"main": 1}, {(None, 10, 5): 3}),
    "pydantic_ai_demo": (
        "pydantic_ai",
        [("flaky", "main_agent", "ok"), ("search", "main_agent", "ok"),
         ("delegate", "main_agent", "ok"), ("search", "main_agent", "ok"),
         ("boom", "bad_agent", "error")],
        {"main_agent": 2, "sub_agent": 1, "bad_agent": 1},
        {("function:fn:sfn", 60, 15): 1, ("function:fn:sfn", 64, 16): 1,
         ("function:fn:sfn", 50, 4): 1, ("function:fn:sfn", 50, 2): 1,
         ("function:fn:sfn", 51, 9): 1, ("function:<lambda>:", 51, 2): 1,
         ("function:<lambda>:", 52, 2): 1},
    ),
    "openai_agents_demo__peer_oi": (
        "openinference_openai_agents", OPENAI_RUN * 3, {"triage": 3, "worker": 3}, {},
    ),
    "openai_agents_demo__peer_otel": ("gen_ai", OPENAI_RUN * 3, {"triage": 3, "worker": 3}, {}),
    "openai_agents_demo__peer_tl": ("openllmetry", OPENAI_RUN * 3, {"triage": 3, "worker": 3}, {}),
    "langgraph_demo__peer_oi": (
        "openinference", scripted(None) * 2, {}, {(None, 10, 5): 4},
    ),
    "langgraph_demo__peer_tl": (
        "openllmetry", scripted("researcher") * 2, {"researcher": 2, "mygraph": 1},
        {("unknown", 10, 5): 4},
    ),
}  # fmt: skip


@pytest.mark.parametrize("demo", DEMOS)
def test_a_frameworks_own_spans_are_understood(demo: str) -> None:
    dialect, calls, agents, models = DEMOS[demo]
    with open_traces(shared("reference", "demos", f"{demo}.json")) as traces:
        rows = traces.sql_records(
            "SELECT tool_name, agent_name, outcome FROM tool_calls ORDER BY start_time, span_id"
        )
        found = [tuple(row.values()) for row in rows]
        assert Counter(found) == Counter(calls)
        assert Counter(r["agent_name"] for r in traces.table_records("agent_runs")) == agents
        tokens = traces.sql_records("SELECT model, input_tokens, output_tokens FROM llm_calls")
        assert Counter(tuple(row.values()) for row in tokens) == models
        spoken = traces.sql_records(
            "SELECT mode(dialect) AS dialect FROM spans WHERE dialect IS NOT NULL"
        )
        assert spoken == [{"dialect": dialect}]


def test_three_peers_recording_one_run_agree_on_its_tool_calls() -> None:
    found = [
        _calls(shared("reference", "demos", f"openai_agents_demo__peer_{peer}.json"))
        for peer in ("oi", "otel", "tl")
    ]
    assert found[0] == found[1] == found[2]


def test_attempts_that_pydantic_ai_marks_are_one_call() -> None:
    with open_traces(shared("reference", "demos", "pydantic_ai_demo.json")) as traces:
        (flaky,) = traces.sql_records("SELECT * FROM tool_calls WHERE tool_name = 'flaky'")
    assert (flaky["attempts"], flaky["outcome"]) == (2, "ok")


def test_client_and_server_files_of_mcp_join_to_one_call_with_the_true_outcome() -> None:
    files = [
        shared("reference", "demos", name)
        for name in ("mcp.json", "mcp_http_server.json", "mcp_stdio_server.json")
    ]
    with open_traces(files[0]) as traces:
        (alone,) = traces.sql_records(_FLAKY)
    with open_traces(files) as traces:
        (joined,) = traces.sql_records(_FLAKY)
    # The client of MCP 2.x does not see `isError`; the server's span does.
    assert (alone["failed"], alone["seen"]) == (1, 0)
    assert joined["calls"] == alone["calls"]
    assert joined["failed"] > alone["failed"]
    assert joined["seen"] > 0


_FLAKY = """
SELECT count(*) AS calls, count(*) FILTER (outcome = 'tool_error') AS failed,
    count(server_ms) FILTER (client_ms IS NOT NULL) AS seen
FROM tool_calls WHERE tool_name = 'flaky'
"""


def _calls(path: Path) -> Counter[Any]:
    with open_traces(path) as traces:
        rows = traces.sql_records("SELECT tool_name, agent_name, outcome FROM tool_calls")
    return Counter(tuple(row.values()) for row in rows)


def test_every_dialect_names_a_sample_that_is_there_or_says_that_it_is_unverified() -> None:
    ours = Path(__file__).parent / "data"
    roots = [shared("data", "dialects"), shared("reference"), shared("data"), ours]
    for dialect in DIALECTS:
        if dialect.sample is None:
            assert "unverified" in dialect.source, dialect.name
            continue
        assert "unverified" not in dialect.source, dialect.name
        for pattern in dialect.sample.split(", "):
            stem = pattern.removeprefix("langfuse+langfuse/")
            options = [pattern, f"langfuse+langfuse/*{stem}", f"{pattern}*", f"*/*{stem}*"]
            assert any(any(root.glob(option)) for root in roots for option in options), (
                dialect.name,
                pattern,
            )
