"""Each dialect in a nutshell: one agent, one model call, one tool call, in its own words.

The real samples are in `test_dialect_samples`; these are small enough to read, and always here.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.traces import attributes, otlp, span, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.dialects import DIALECTS, Dialect

OP, TOOL, AGENT = "gen_ai.operation.name", "gen_ai.tool.name", "gen_ai.agent.name"
MODEL = {"gen_ai.request.model": "m"}
TOKENS = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 3}
SESSION = "gen_ai.conversation.id"


@dataclass(frozen=True)
class Case:
    """Names and attributes of an agent's span, and below it a model's and a tool's.

    Attributes:
        dialect: the name that the tool's span must get.
        scope: the instrumentation scope.
        agent: the agent's span; None where the library has none.
        llm: the model's span.
        tool: the tool's span.
        status: the tool's status code.
        calls: the tool call: tool, agent, outcome, error type, arguments, result.
        models: the model call: model, provider, tokens in and out, cache read, cost.
        identity: session and user of the tool call.
    """

    dialect: str
    agent: tuple[str, dict[str, Any]] | None
    llm: tuple[str, dict[str, Any]] | None
    tool: tuple[str, dict[str, Any]]
    calls: tuple[Any, ...]
    models: tuple[Any, ...] | None = ("m", None, 7, 3, None, None)
    identity: tuple[Any, Any] = (None, None)
    scope: str = "some.scope"
    status: int = 0
    more: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case(
        "gen_ai",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a", SESSION: "c-1", "enduser.id": "u"}),
        ("chat m", {OP: "chat", **MODEL, "gen_ai.system": "openai",
                    "gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": "3",
                    "gen_ai.usage.cache_read_input_tokens": 2, "gen_ai.usage.total_cost": 0.5}),
        ("execute_tool t", {OP: "execute_tool", TOOL: "t", "error.type": "ValueError",
                            "gen_ai.tool.args": "{}", "gen_ai.tool.output": "[]"}),
        ("t", "a", "error", "ValueError", "{}", "[]"),
        ("m", "openai", 7, 3, 2, 0.5), ("c-1", "u"), status=2,
    ),
    Case(
        "mcp", None, None,
        ("MCP send tools/call t", {"mcp.method.name": "tools/call", "server.address": "host"}),
        ("t", None, "ok", None, None, None), None, scope="mcp-python-sdk",
    ),
    Case(
        "openinference",
        ("a.run", {"openinference.span.kind": "AGENT", "session.id": "s", "user.id": "u"}),
        ("llm", {"openinference.span.kind": "LLM", "llm.model_name": "m", "llm.provider": "aws",
                 "llm.token_count.prompt": 7, "llm.token_count.completion": 3,
                 "llm.token_count.prompt_details.cache_read": 1,
                 "llm.cost.prompt": 0.25, "llm.cost.completion": 0.5}),
        ("t", {"openinference.span.kind": "TOOL", "input.value": "in", "output.value": "out",
               "tool.parameters": "a schema"}),
        ("t", "a", "error", "_OTHER", "in", "out"), ("m", "aws", 7, 3, 1, 0.75), ("s", "u"),
        status=2,
    ),
    Case(
        "openinference_openai_agents",
        ("a", {"openinference.span.kind": "AGENT", "graph.node.id": "a"}),
        ("response", {"openinference.span.kind": "LLM", "llm.model_name": "m",
                      "llm.token_count.prompt": 7, "llm.token_count.completion": 3}),
        ("t", {"openinference.span.kind": "TOOL", "tool.name": "t"}),
        ("t", "a", "ok", None, None, None),
        scope="openinference.instrumentation.openai_agents",
    ),
    Case(
        "openllmetry",
        ("a.agent", {"traceloop.span.kind": "agent", "traceloop.workflow.name": "w",
                     "traceloop.association.properties.session_id": "s",
                     "traceloop.association.properties.customer_id": "u"}),
        ("openai.chat", {"llm.request.type": "chat", **MODEL, "gen_ai.system": "OpenAI", **TOKENS}),
        ("t.tool", {"traceloop.span.kind": "tool", "traceloop.entity.name": "t",
                    "traceloop.entity.input": "in", "traceloop.entity.output": "out"}),
        ("t", "a", "ok", None, "in", "out"), ("m", "OpenAI", 7, 3, None, None), ("s", "u"),
        status=1,
    ),
    Case(
        "pydantic_ai",
        ("agent run", {"agent_name": "a", SESSION: "c", "gen_ai.usage.input_tokens": 99}),
        ("chat m", {OP: "chat", **MODEL, "gen_ai.provider.name": "openai", **TOKENS,
                    "operation.cost": 0.125}),
        ("running tool", {TOOL: "t", "tool_arguments": "in", "tool_response": "out",
                          "gen_ai.tool.call.id": "c-1", "logfire.msg": "running tool: t"}),
        ("t", "a", "ok", None, "in", "out"), ("m", "openai", 7, 3, None, 0.125), ("c", None),
        scope="pydantic-ai",
    ),
    Case(
        "vercel",
        ("ai.generateText", {"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 99,
                             "ai.telemetry.functionId": "a",
                             "ai.telemetry.metadata.sessionId": "s",
                             "ai.telemetry.metadata.userId": "u"}),
        ("ai.generateText.doGenerate",
         {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m",
          "ai.model.provider": "openai", "ai.usage.promptTokens": 7,
          "ai.usage.completionTokens": 3, "ai.usage.cachedInputTokens": 2}),
        ("ai.toolCall", {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "t",
                         "ai.toolCall.args": "in", "ai.toolCall.result": "out"}),
        ("t", "a", "ok", None, "in", "out"), ("m", "openai", 7, 3, 2, None), ("s", "u"),
        scope="ai",
    ),
    Case(
        "langfuse",
        ("a", {"langfuse.observation.type": "agent", "langfuse.session.id": "s",
               "langfuse.user.id": "u"}),
        ("gen", {"langfuse.observation.type": "generation",
                 "langfuse.observation.model.name": "m",
                 "langfuse.observation.usage_details": '{"input": 7, "output": 3}',
                 "langfuse.observation.cost_details": '{"total": 0.5}'}),
        ("t", {"langfuse.observation.type": "tool", "langfuse.observation.input": "in",
               "langfuse.observation.output": "out", "langfuse.observation.level": "ERROR",
               "langfuse.observation.status_message": "it broke"}),
        ("t", "a", "tool_error", "tool_error", "in", "out"), ("m", None, 7, 3, None, 0.5),
        ("s", "u"), scope="langfuse-sdk",
    ),
    Case(
        "google_adk",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a", SESSION: "s"}),
        ("call_llm", {"gcp.vertex.agent.event_id": "e", "gen_ai.system": "gcp.vertex.agent",
                      **MODEL, **TOKENS}),
        ("execute_tool t", {OP: "execute_tool", TOOL: "t", "gen_ai.tool.call.id": "<not specified>",
                            "gcp.vertex.agent.tool_call_args": "in",
                            "gcp.vertex.agent.tool_response": "out"}),
        ("t", "a", "ok", None, "in", "out"), ("m", "gcp.vertex.agent", 7, 3, None, None),
        ("s", None), scope="gcp.vertex.agent",
    ),
    Case(
        "strands",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a", **TOKENS}),
        ("chat", {OP: "chat", **MODEL, **TOKENS, "gen_ai.usage.prompt_tokens": 7}),
        ("execute_tool t", {OP: "execute_tool", TOOL: "t", "gen_ai.tool.status": "error"}),
        ("t", "a", "tool_error", "tool_error", None, None), scope="strands.telemetry.tracer",
    ),
    Case(
        "agent_framework",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a"}),
        ("chat m", {OP: "chat", **MODEL, **TOKENS}),
        ("execute_tool t", {OP: "execute_tool", TOOL: "t", "gen_ai.tool.call.id": "unknown"}),
        ("t", "a", "ok", None, None, None), scope="agent_framework",
    ),
    Case(
        "semantic_kernel",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a"}),
        ("chat.completions m", {OP: "chat", **MODEL, **TOKENS}),
        ("execute_tool p-t", {OP: "execute_tool", TOOL: "p-t", "error.type": "RuntimeError"}),
        ("p-t", "a", "error", "RuntimeError", None, None),
        scope="semantic_kernel.functions.kernel_function", status=2,
    ),
    Case(
        "autogen",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a"}), None,
        ("execute_tool t", {OP: "execute_tool", TOOL: "t"}),
        ("t", "a", "ok", None, None, None), None, scope="autogen-core",
    ),
    Case(
        "ag2",
        ("invoke_agent a", {OP: "invoke_agent", AGENT: "a", "ag2.span.type": "agent"}),
        ("chat", {OP: "chat", **MODEL, **TOKENS}),
        ("execute_tool t", {OP: "execute_tool", TOOL: "t"}),
        ("t", "a", "ok", None, None, None), scope="opentelemetry.instrumentation.ag2",
    ),
    Case(
        "any_agent",
        ("invoke_agent [a]", {OP: "invoke_agent", AGENT: "a", "any_agent.version": "1"}),
        ("call_llm m", {OP: "call_llm", **MODEL, **TOKENS, "any_agent.version": "1",
                        "gen_ai.usage.input_cost": 0.25, "gen_ai.usage.output_cost": 0.5}),
        ("execute_tool t", {OP: "execute_tool", TOOL: "t", "gen_ai.tool.args": "in",
                            "gen_ai.output": "out", "any_agent.version": "1"}),
        ("t", "a", "ok", None, "in", "out"), ("m", None, 7, 3, None, 0.75),
    ),
    Case(
        "koog",
        ("run.a", {OP: "invoke_agent", "koog.agent.strategy.name": "a", SESSION: "c"}),
        ("llm.m", {OP: "chat", **MODEL, **TOKENS}),
        ("tool.t", {"koog.event.id": "e"}),
        ("t", "a", "ok", None, None, None), identity=("c", None), scope="ai.koog",
    ),
    Case(
        "haystack",
        ("haystack.agent.run", {"haystack.agent.name": "a"}),
        ("haystack.agent.step.llm", {**MODEL, **TOKENS}),
        ("haystack.agent.step.tool", {"haystack.tool.name": "t", "haystack.tool.error": True}),
        ("t", "a", "tool_error", "tool_error", None, None), scope="haystack",
    ),
    Case(
        "claude_code",
        ("claude_code.interaction", {"session.id": "s", "span.type": "interaction"}),
        ("claude_code.llm_request", {"model": "m", "input_tokens": 4, "cache_read_tokens": 2,
                                     "cache_creation_tokens": 1, "output_tokens": 3}),
        ("claude_code.tool", {"tool_name": "Bash", "full_command": "ls", "success": "false",
                              "error": "exit 1"}),
        ("Bash", "claude-code", "tool_error", "tool_error", "ls", None),
        ("m", None, 7, 3, 2, None), ("s", None), scope="com.anthropic.claude_code.tracing",
    ),
    Case(
        "langsmith",
        None,
        ("m", {"langsmith.span.kind": "llm", **MODEL, **TOKENS}),
        ("t", {"langsmith.span.kind": "tool", "langsmith.trace.name": "t", "gen_ai.prompt": "in",
               "langsmith.trace.session_id": "a project", "langsmith.metadata.thread_id": "s"}),
        ("t", None, "ok", None, "in", None), identity=("s", None), status=1,
    ),
    Case(
        "mlflow",
        ("a", {"mlflow.spanType": '"AGENT"', "session.id": "s"}),
        ("m", {"mlflow.spanType": "CHAT_MODEL", "mlflow.llm.model": "m",
               "mlflow.chat.tokenUsage": '{"input_tokens": 7, "output_tokens": 3}',
               "mlflow.llm.cost": '{"total_cost": 0.5}'}),
        ("t", {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": "in", "mlflow.spanOutputs": "out"}),
        ("t", "a", "ok", None, "in", "out"), ("m", None, 7, 3, None, 0.5), ("s", None),
    ),
    Case(
        "laminar", None, ("m", {"lmnr.span.type": "LLM", **MODEL, **TOKENS}),
        ("t", {"lmnr.span.type": "TOOL", "lmnr.span.input": "in", "lmnr.span.output": "out"}),
        ("t", None, "ok", None, "in", "out"),
    ),
    Case(
        "agentops",
        ("a", {"agentops.span.kind": "agent", "agent.name": "a"}),
        ("m", {"agentops.span.kind": "llm", **MODEL, **TOKENS}),
        ("t", {"agentops.span.kind": "tool", "tool.name": "t", "tool.status": "failed"}),
        ("t", "a", "tool_error", "tool_error", None, None),
    ),
    Case(
        "loongsuite",
        ("a", {"gen_ai.span.kind": "AGENT", AGENT: "a", "gen_ai.session.id": "s"}),
        ("m", {"gen_ai.span.kind": "LLM", **MODEL, **TOKENS}),
        ("t", {"gen_ai.span.kind": "TOOL", TOOL: "t"}),
        ("t", "a", "ok", None, None, None), identity=("s", None),
    ),
    Case(
        "genkit", None, ("m", {"genkit:metadata:subtype": "model", **MODEL, **TOKENS}),
        ("t", {"genkit:metadata:subtype": "tool", "genkit:name": "t", "genkit:input": "in",
               "genkit:output": "out"}),
        ("t", None, "ok", None, "in", "out"),
    ),
    Case(
        "livekit", ("agent_turn", {"lk.id": "x", AGENT: "a"}), None,
        ("function_tool", {"lk.function_tool.name": "t", "lk.function_tool.output": "out"}),
        ("t", "a", "ok", None, None, "out"), None,
    ),
)  # fmt: skip


def spans_of(case: Case) -> list[dict[str, Any]]:
    made = []
    for number, (part, at, ms) in enumerate(
        ((case.agent, 0, 1000), (case.llm, 100, 100), (case.tool, 300, 100)), 1
    ):
        if part is None:
            continue
        one = span(part[0], number, 1 if number > 1 and case.agent else None, at=at, ms=ms)
        one["attributes"] = attributes(part[1])
        if number == 3:
            one["status"] = {"code": case.status, "message": ""}
        made.append(one)
    return made


@pytest.mark.requirement(
    "capability.O-openinference",
    "capability.O-traceloop",
    "capability.O-langfuse",
    "capability.O-mlflow",
    "capability.O-logfire",
    "capability.O-native-mcp",
)
def test_a_dialect_is_normalised(tmp_path: Path) -> None:
    """All in one file, a trace each: so none may disturb another."""
    path = write_lines(
        tmp_path / "spans.jsonl",
        *(
            otlp([dict(one, traceId=f"{number:032x}") for one in spans_of(case)], scope=case.scope)
            for number, case in enumerate(CASES, 1)
        ),
    )
    with open_traces(path) as traces:
        for number, case in enumerate(CASES, 1):
            here = f"trace_id = '{number:032x}'"
            rows = traces.sql_records(
                "SELECT dialect, tool_name, agent_name, outcome, error_type, arguments, result, "
                f"session_id, user_id FROM tool_calls WHERE {here}"
            )
            assert [tuple(row.values()) for row in rows] == [
                (case.dialect, *case.calls, *case.identity)
            ], case.dialect
            models = traces.sql_records(
                "SELECT model, provider, input_tokens, output_tokens, cache_read_tokens, cost "
                f"FROM llm_calls WHERE {here}"
            )
            assert [tuple(row.values()) for row in models] == [case.models] * (
                case.models is not None
            ), case.dialect
            runs = traces.sql_records(f"SELECT agent_name FROM agent_runs WHERE {here}")
            assert len(runs) == (case.agent is not None), case.dialect


def test_every_dialect_has_a_case() -> None:
    # These two are shown elsewhere: our own in every test of the model, this one's models below.
    elsewhere = {"toolspan", "openllmetry_models"}
    assert {case.dialect for case in CASES} == {dialect.name for dialect in DIALECTS} - elsewhere


def test_model_clients_of_openllmetry_need_not_name_traceloop(tmp_path: Path) -> None:
    one = span("openai.chat", 1, llm__request__type="chat", gen_ai__request__model="m")
    with open_traces(write_lines(tmp_path / "a.jsonl", otlp([one]))) as traces:
        assert traces.sql_records("SELECT model, dialect FROM llm_calls") == [
            {"model": "m", "dialect": "openllmetry_models"}
        ]


def test_groups_pending_spans_and_plumbing_are_no_tool_calls(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.jsonl",
        otlp([span("running 3 tools", 1), span("running tool", 2, gen_ai__tool__name="t",
              logfire__span_type="pending_span")], scope="pydantic-ai"),
        otlp([span("MCP send initialize", 3), span("tools/list", 4, mcp__method__name="tools/list")]),
        otlp([span("workflow.build", 5)], scope="agent_framework"),
    )  # fmt: skip
    with open_traces(path) as traces:
        assert traces.table_records("tool_calls") == []


def test_a_mistake_in_a_dialect_is_said_when_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"dialect mine: no such fact or kind: \['toolname'\]"):
        Dialect(name="mine", source="", facts={"toolname": ("x",)})
    with pytest.raises(ValueError, match="no such fact or kind"):
        Dialect(name="mine", source="", kinds={"x.kind": {"T": "tol"}})
