"""Frameworks that run only on demand, each in an environment of its own name.

`make environments NAMES=google-adk` builds one; `make test-frameworks` runs those that are built.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Framework:
    """What is needed to run one and to read what it leaves.

    Attributes:
        scope: whose spans describe its work: its own, or ours.
        distributions: those whose versions the compatibility page names.
        switch: the entry point that records it or completes its spans.
        gaps: what is known to be missing.
        knows_sessions: whether it has a word for a session, or its user has to name one.
        noise: attributes that say nothing or differ from run to run: not in the written tree.
    """

    scope: str
    distributions: tuple[str, ...]
    switch: str
    gaps: tuple[str, ...]
    noise: tuple[str, ...] = ()
    knows_sessions: bool = True

    @property
    def is_native(self) -> bool:
        return not self.scope.startswith("toolspan.")


FRAMEWORKS = {
    "google-adk": Framework(
        scope="gcp.vertex.agent",
        distributions=("google-adk",),
        switch="toolspan_google_adk",
        gaps=(
            "Live (bidirectional) agents, graphs of nodes and the skill tools were not run.",
            "Its older span schema has content unless `ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=false`.",
            "A tool that does not exist has no arguments hash.",
        ),
        noise=(
            "gcp.vertex.agent.event_id",
            "gcp.vertex.agent.invocation_id",
            "gen_ai.agent.description",
            "gen_ai.tool.description",
        ),
    ),
    "strands": Framework(
        scope="strands.telemetry.tracer",
        distributions=("strands-agents",),
        switch="toolspan_strands",
        gaps=(
            "Bidirectional agents, background tools and remote agents were not run.",
            "A tool call that a hook refuses leaves no span.",
            "A tool call that a hook has tried again is two calls.",
            "What the reader of a stream does is below the model call that it reads.",
        ),
        noise=(
            "gen_ai.event.start_time",
            "gen_ai.event.end_time",
            "gen_ai.agent.tools",
            "gen_ai.provider.name",
            "gen_ai.server.request.duration",
            "gen_ai.tool.json_schema",
            "gen_ai.tool.description",
            "gen_ai.usage.prompt_tokens",
            "gen_ai.usage.completion_tokens",
            "gen_ai.usage.total_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "event_loop.cycle_id",
            "event_loop.parent_cycle_id",
        ),
    ),
    "agent-framework": Framework(
        scope="agent_framework",
        distributions=("agent-framework-core",),
        switch="toolspan_agent_framework",
        gaps=(
            "Orchestrations (a package of their own), declarative and hosted agents were not run.",
            "A tool that does not exist leaves no span: the framework answers the model itself.",
            "A call that waits for a person leaves no span before it runs.",
            "A stream that its reader leaves ends as if it had been read.",
            "Messages are recorded under its own switch alone, `ENABLE_SENSITIVE_DATA`.",
        ),
        noise=(
            "gen_ai.agent.id",
            "gen_ai.request.choice.count",
            "gen_ai.tool.description",
            "server.address",
            "agent_framework.function.invocation.duration",
            "workflow.definition",
            "edge_group.id",
            "message.payload_type",
            "message.type",
        ),
    ),
    "anthropic": Framework(
        scope="com.anthropic.sdk.python",
        distributions=("anthropic",),
        switch="toolspan_anthropic",
        gaps=(
            "Agent runs have no name, and no hand-overs: the SDK knows neither.",
            "A tool that does not exist leaves no span: the SDK answers the model itself.",
            "The toolsets, the Sessions tool runner and environments were not run.",
        ),
        noise=(
            "anthropic.beta",
            "gen_ai.response.time_to_first_chunk",
            "anthropic.request.id",
            "gen_ai.request.max_tokens",
            "gen_ai.tool.description",
            "http.request.method",
            "http.response.status_code",
            "http.route",
            "server.address",
            "server.port",
            "url.full",
            "url.path",
            "url.scheme",
        ),
    ),
    "llama-index": Framework(
        scope="toolspan.instrumentation",
        distributions=("llama-index-core", "llama-index-workflows"),
        switch="toolspan_llama_index",
        knows_sessions=False,
        gaps=(
            "It knows no session: name one with `session(...)`.",
            "Query engines, retrievers, ReAct and code agents were not run.",
            "Beside OpenInference it was not run.",
        ),
    ),
    "agno": Framework(
        scope="toolspan.instrumentation",
        distributions=("agno",),
        switch="toolspan_agno",
        gaps=(
            "A tool that does not exist leaves no span: the framework answers the model itself.",
            "Steps of a workflow leave no span of their own. A run that goes on is a run of its own.",
            "Beside OpenInference it was not run.",
        ),
    ),
    "haystack": Framework(
        scope="toolspan.instrumentation",
        distributions=("haystack-ai",),
        switch="toolspan_haystack",
        knows_sessions=False,
        gaps=(
            "It knows no session: name one with `session(...)`. Agents outside of pipelines have no name.",
            "A tool that does not exist leaves no span: the framework answers the model itself.",
            "Model calls of components other than agents are steps. The confirmation hooks were not run.",
            "Beside OpenInference, and beside a tracer of Haystack's that writes spans, it was not run.",
        ),
    ),
    "dspy": Framework(
        scope="toolspan.instrumentation.dspy",
        distributions=("dspy",),
        switch="toolspan_dspy",
        knows_sessions=False,
        gaps=(
            "It knows no session: name one with `session(...)`. Agents are called as their class.",
            "Tool calls have no ids: DSPy asks for them in words.",
            "A tool that does not exist leaves no span: the framework answers the model itself.",
            "Optimizers, `dspy.Parallel` and agents that write code were not run.",
            "Beside OpenInference it was not run.",
        ),
    ),
    "ag2": Framework(
        scope="opentelemetry.instrumentation.ag2",
        distributions=("ag2",),
        switch="toolspan_ag2",
        knows_sessions=False,
        gaps=(
            "It knows no session: name one with `session(...)`. Agents hand over in its network only.",
            "Its network of agents, tasks and live sessions were not run.",
        ),
        noise=("ag2.span.type",),
    ),
    "autogen": Framework(
        scope="autogen-core",
        distributions=("autogen-agentchat", "autogen-core"),
        switch="toolspan_autogen",
        knows_sessions=False,
        gaps=(
            "It knows no session: name one with `session(...)`.",
            "A hand-over is a tool call, `transfer_to_{agent}`.",
            "A tool that is no coroutine runs in a thread: what it starts is in no trace.",
            "Its runtime's spans of messages stay; `AUTOGEN_DISABLE_RUNTIME_TRACING=true` takes them away.",
        ),
        noise=(
            "gen_ai.agent.description",
            "gen_ai.agent.id",
            "gen_ai.tool.description",
        ),
    ),
    "semantic-kernel": Framework(
        scope="semantic_kernel.functions.kernel_function",
        distributions=("semantic-kernel",),
        switch="toolspan_semantic_kernel",
        knows_sessions=False,
        gaps=(
            "Its spans know no session: name one with `session(...)`.",
            "Every function of a kernel is a tool call, also one that a program calls itself.",
            "A tool that does not exist leaves no span: the framework answers the model itself.",
            "Streamed answers, orchestrations, processes and prompt functions were not run.",
        ),
        noise=("gen_ai.agent.id", "sk.available_functions", "gen_ai.response.finish_reason"),
    ),
    "claude-agent-sdk": Framework(
        scope="toolspan.instrumentation",
        distributions=("claude-agent-sdk",),
        switch="toolspan_claude_agent_sdk,toolspan_mcp",
        gaps=(
            "It was run with a transport of our own, not with the agent's program itself.",
            "A tool's failure is a `tool_error`, a timeout and a refusal too: nothing else is said.",
            "Model calls leave no span; the tokens of a turn stand on its agent run, its cost nowhere.",
            "A turn begins with the first message that arrives, not with the question.",
        ),
        noise=("jsonrpc.request.id", "mcp.protocol.version", "mcp.session.id"),
    ),
    "crewai": Framework(
        scope="toolspan.instrumentation",
        distributions=("crewai",),
        switch="toolspan_crewai",
        knows_sessions=False,
        gaps=(
            "It knows no session: name one with `session(...)`.",
            "A tool runs in a thread, and on to its end when its crew is cancelled or out of time.",
            "Some of its error texts quote the task's description or name.",
            "A tool that a hook refuses is `denied`; one that has reached its limit of uses is a `tool_error`.",
            "Agents that plan, MCP servers given to an agent, memory, knowledge and training were not run.",
            "Replays, questions to a person and agents of other frameworks were not run.",
            "Beside OpenLLMetry it was not run.",
        ),
    ),
}


def program_of(name: str) -> str:
    return f"{name.replace('-', '_')}_runs.py"


def counted(folder: Path) -> Counter[str]:
    """How many of each kind of work the tables hold: native spans are named in many ways."""
    from toolspan.analytics import open_traces

    traces = open_traces([folder])
    tables = {
        "workflows": "workflow_runs",
        "agent runs": "agent_runs",
        # Without an index, a step of ours is known by its name.
        "steps": "spans WHERE kind = 'step' OR name LIKE 'step %'",
        "tool calls": "tool_calls",
        "model calls": "llm_calls",
    }
    counts = {
        kind: traces.sql(f"SELECT count(*) FROM {table}").iat[0, 0]
        for kind, table in tables.items()
    }
    return Counter({kind: int(count) for kind, count in counts.items()})
