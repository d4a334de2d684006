"""Whole traces of two sessions: a crew's in one process, an orchestrator's across four."""

from typing import Any

from support.outline import outline

Span = dict[str, Any]


def trace_of(spans: list[Span], session_id: str) -> list[Span]:
    """The trace of a session's workflow.

    Without `tools/list`, which the MCP client asks of each server once, for whom it happens to be.
    """
    (root,) = (
        span
        for span in spans
        if not span["parent_span_id"] and span["attributes"].get("session.id") == session_id
    )
    return [
        span
        for span in spans
        if span["trace_id"] == root["trace_id"]
        and span["attributes"].get("mcp.method.name") != "tools/list"
    ]


def in_words(span: Span) -> str:
    attributes = span["attributes"]
    name = span["name"]
    words = [span["kind"], name] if "mcp.method.name" in attributes else [name]
    if "toolspan.attempt.number" in attributes:
        words.append(str(attributes["toolspan.attempt.number"]))
    if "toolspan.outcome" in attributes:
        words.append(f"= {attributes['toolspan.outcome']}")
    if attributes.get("error.type", "") not in ("", attributes.get("toolspan.outcome")):
        words.append(attributes["error.type"])
    if "toolspan.fallback.from" in attributes:
        words.append(f"(instead of {attributes['toolspan.fallback.from']})")
    return " ".join(words)


DAILY_BRIEF = """\
invoke_workflow daily_brief = ok
  invoke_agent researcher = ok
    chat scripted-1 = ok
    execute_tool search_index = error newsroom.archive.QuerySyntaxError
    execute_tool scan_archive = ok (instead of search_index)
    execute_tool lookup_term = ok
  invoke_agent fact_checker = ok
    execute_tool check_fact = ok
    execute_tool check_fact = ok
  invoke_agent writer = ok
    chat scripted-1 = ok
  invoke_agent editor = ok
    chat scripted-1 = ok
    execute_tool count_words = ok
    execute_tool punch_up_headline = ok"""

WEEKLY_ISSUE = """\
invoke_workflow weekly_issue = ok
  step calendar = ok
    execute_tool convert_time = tool_error
      CLIENT tools/call convert_time = tool_error
        SERVER tools/call convert_time = tool_error
    execute_tool get_current_time = ok
      CLIENT tools/call get_current_time = ok
        SERVER tools/call get_current_time = ok
    execute_tool git_log = ok
      CLIENT tools/call git_log = ok
        SERVER tools/call git_log = ok
  step back_issues = ok
    execute_tool git_show = ok
      CLIENT tools/call git_show = ok
        SERVER tools/call git_show = ok
  step research = ok
    invoke_agent researcher = ok
      chat scripted-1 = ok
      execute_tool search_index = error newsroom.archive.QuerySyntaxError
      execute_tool scan_archive = ok (instead of search_index)
      execute_tool lookup_term = ok
    invoke_agent researcher = ok
      chat scripted-1 = ok
      execute_tool search_index = ok
      execute_tool lookup_term = ok
        attempt lookup_term 1 = error ConnectionResetError
        attempt lookup_term 2 = ok
  step verify = ok
    invoke_agent fact_checker = ok
      execute_tool check_fact = ok
      execute_tool check_fact = ok
      execute_tool check_fact = ok
      execute_tool check_fact = timeout TimeoutError
        attempt check_fact 1 = timeout TimeoutError
        attempt check_fact 2 = timeout TimeoutError
  step write = ok
    invoke_agent writer = ok
      chat scripted-1 = ok
    invoke_agent editor = ok
      chat scripted-1 = ok
      execute_tool count_words = ok
  step proof = ok
    execute_tool proof_read = ok
      CLIENT tools/call proof_read = tool_error
        SERVER tools/call proof_read = tool_error
      attempt proof_read 1 = error newsroom.servers.ServerSaysNoError
      attempt proof_read 2 = ok
        CLIENT tools/call proof_read = ok
          SERVER tools/call proof_read = ok
    execute_tool render_issue = ok
      CLIENT tools/call render_issue = ok
        SERVER tools/call render_issue = ok
  step deliver = timeout TimeoutError
    execute_tool schedule_delivery = timeout TimeoutError
      CLIENT tools/call schedule_delivery = timeout TimeoutError
        SERVER tools/call schedule_delivery = cancelled"""


def test_a_daily_brief_is_a_workflow_of_agents_in_turn_with_their_tools(recorded):
    assert outline(trace_of(recorded.spans, "newsletter-22-000"), in_words) == DAILY_BRIEF


def test_a_weekly_issue_is_one_trace_across_the_agency_and_three_servers(recorded):
    trace = trace_of(recorded.spans, "newsletter-22-001")
    assert outline(trace, in_words) == WEEKLY_ISSUE
    assert len({span["resource"]["service.instance.id"] for span in trace}) == 4


def test_every_attribute_of_a_daily_brief_is_expected(recorded):
    session = {"session.id": "newsletter-22-000", "toolspan.workflow": "daily_brief"}

    def workflow() -> dict[str, Any]:
        names = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "daily_brief"}
        return session | names | {"toolspan.outcome": "ok"}

    def agent(name: str) -> dict[str, Any]:
        names = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
        return session | names | {"toolspan.agent": name, "toolspan.outcome": "ok"}

    def chat(of: str, input_tokens: int, output_tokens: int) -> dict[str, Any]:
        return session | {
            "toolspan.agent": of,
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "scripted-1",
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
            "toolspan.outcome": "ok",
        }

    def tool(of: str, name: str, **more: Any) -> dict[str, Any]:
        facts = session | {
            "toolspan.agent": of,
            "gen_ai.agent.name": of,
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "toolspan.tool_call.layer": "logical",
            "toolspan.outcome": "ok",
        }
        return facts | {key.replace("__", "."): value for key, value in more.items()}

    broken = {"toolspan__outcome": "error", "error__type": "newsroom.archive.QuerySyntaxError"}
    rescue = {"toolspan__fallback__from": "search_index", "toolspan__fallback__position": 1}
    expected = [
        ("invoke_workflow daily_brief", workflow()),
        ("invoke_agent researcher", agent("researcher")),
        ("chat scripted-1", chat("researcher", 18, 34)),
        ("execute_tool search_index", tool("researcher", "search_index", **broken)),
        ("execute_tool scan_archive", tool("researcher", "scan_archive", **rescue)),
        ("execute_tool lookup_term", tool("researcher", "lookup_term")),
        ("invoke_agent fact_checker", agent("fact_checker")),
        ("execute_tool check_fact", tool("fact_checker", "check_fact")),
        ("execute_tool check_fact", tool("fact_checker", "check_fact")),
        ("invoke_agent writer", agent("writer")),
        ("chat scripted-1", chat("writer", 104, 57)),
        ("invoke_agent editor", agent("editor")),
        ("chat scripted-1", chat("editor", 104, 55)),
        ("execute_tool count_words", tool("editor", "count_words")),
        ("execute_tool punch_up_headline", tool("editor", "punch_up_headline")),
    ]
    found = []
    trace = trace_of(recorded.spans, "newsletter-22-000")
    for span in sorted(trace, key=lambda span: span["start"]):
        attributes = dict(span["attributes"])
        is_tool = attributes["gen_ai.operation.name"] == "execute_tool"
        assert len(attributes.pop("toolspan.tool_call.arguments_hash", "")) == 16 * is_tool
        found.append((span["name"], attributes))
    assert found == expected
    (failed,) = (span for span in trace if span["status"] == "ERROR")
    assert failed["description"] == "unexpected '-' at position 4 of 'post-quantum cryptography'"
