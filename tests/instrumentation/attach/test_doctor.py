"""`toolspan doctor`: an honest account of what is recorded."""

import json
import sys
from typing import Any

import pytest

from support.mcp_programs import PROGRAMS
from support.zero_code import TOOLSPAN, Workplace
from toolspan.instrumentation.attach.doctor._checks import Level, judge

AGENT = """
    from tools import search
    class Agent:
        def run(self): return search("a")
    print("hello from the program")
    Agent().run()
    """
TARGETS = """
    targets:
      - {target: 'agent:Agent.run', kind: agent}
      - {target: 'tools:search', kind: tool}
      - {target: 'tools:serch', kind: tool}
      - {target: 'never.imported:x', kind: tool}
      - {target: 'agent:Agent.walk', kind: agent}
    """


@pytest.fixture
def with_agent(workplace: Workplace) -> Workplace:
    workplace.write("agent.py", AGENT)
    workplace.write("tools.py", "def search(query): return query")
    workplace.write("targets.yaml", TARGETS)
    return workplace


def doctor(workplace: Workplace, *command: str, **env: str) -> tuple[int, dict[str, Any]]:
    done = workplace.start(
        TOOLSPAN, "doctor", "--json", "--targets", "targets.yaml", *command, **env
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.requirement("capability.J-doctor")
def test_what_the_program_knew_at_its_end(with_agent: Workplace) -> None:
    status, report = doctor(with_agent, "--", sys.executable, "agent.py")
    assert status == 1
    assert report["status"] == 0
    found = {one["target"][0]: one["places"] for one in report["targets"]}
    assert found == {
        "agent:Agent.run": ["__main__:Agent.run"],
        "tools:search": ["tools:search"],
        "tools:serch": [],
        "never.imported:x": [],
        "agent:Agent.walk": [],
    }
    file = f"{with_agent.folder}/targets.yaml"
    problems = [one["message"] for one in report["findings"] if one["level"] == "problem"]
    assert problems == [
        f"{file}:5: tools:serch: tools has no serch (did you mean search?)",
        f"{file}:6: never.imported:x: the program never imported a module called never.imported",
        f"{file}:7: agent:Agent.walk: Agent has no walk",
    ]
    assert report["providers"]["tracer"]["records"]
    assert report["recorded"] == {
        "processes": ["agent"],
        "spans": {"execute_tool": 1, "invoke_agent": 1},
        "servers": [],
    }
    assert report["files"] == {
        "directory": str(with_agent.data),
        "from_environment": "toolspan-data",
        "count": 0,
        "bytes": 0,
        "writable": True,
    }
    assert report["environment"]["TOOLSPAN_DIR"] == str(with_agent.data)
    assert not with_agent.data.exists()


def test_without_a_program_nothing_is_run_or_imported(with_agent: Workplace) -> None:
    status, report = doctor(with_agent)
    assert status == 1
    problems = [one["message"] for one in report["findings"] if one["level"] == "problem"]
    folder = with_agent.folder
    assert problems == [
        (
            f"{folder}/targets.yaml:5: tools:serch: {folder}/tools.py defines no serch "
            "(did you mean search?)"
        ),
    ]
    assert not with_agent.data.exists()


def test_the_text_says_the_same_and_the_programs_output_goes_to_stderr(
    with_agent: Workplace,
) -> None:
    with_agent.write("targets.yaml", "targets: [{target: 'tools:search', kind: tool}]")
    done = with_agent.start(
        *(TOOLSPAN, "doctor", "--targets", "targets.yaml", "--", sys.executable, "agent.py")
    )
    assert done.returncode == 0
    assert done.stderr == "hello from the program\n"
    assert "            → toolspan.exporters" in done.stdout
    assert "recorded: tools:search" in done.stdout
    assert "Recorded    1 spans (1 execute_tool) by this run; not kept\n" in done.stdout
    assert "No problem found." in done.stdout


def test_a_program_that_left_nothing_is_said_to_have_left_nothing(with_agent: Workplace) -> None:
    status, report = doctor(with_agent, "--", sys.executable, "-c", "import os; os._exit(3)")
    assert status == 1
    assert [(one["check"], one["level"]) for one in report["findings"]] == [
        ("program", "problem"),
        ("program", "note"),
    ]
    assert "ended with status 3" in report["findings"][1]["message"]


def test_the_hooks_of_an_imported_framework_are_listed(workplace: Workplace) -> None:
    workplace.write("targets.yaml", "targets: []")
    program = "import mcp.client.sse, mcp.server.stdio"
    status, report = doctor(workplace, "--", sys.executable, "-c", program)
    assert status == 0
    (mcp,) = [one for one in report["frameworks"] if one["name"] == "mcp"]
    assert mcp["instrumentor"] == "toolspan_mcp"
    assert mcp["imported"]
    assert mcp["missing"] == []
    assert mcp["emits_itself"] == ["mcp"]
    assert mcp["versions"]["mcp"] == report["versions"]["mcp"]
    assert set(mcp["hooks"]) == {
        "mcp.client.client.Client.call_tool",
        "mcp.client.session.ClientSession.__aenter__",
        "mcp.client.session.ClientSession.__aexit__",
        "mcp.client.session.ClientSession._on_request",
        "mcp.client.sse.sse_client",
        "mcp.client.stdio.stdio_client",
        "mcp.client.streamable_http.StreamableHTTPTransport.post_writer",
        "mcp.server.lowlevel.server.Server.__init__",
        "mcp.server.runner.serve_connection",
        "mcp.server.runner.serve_dual_era_loop",
        "mcp.server.stdio.stdio_server",
        "mcp.shared.direct_dispatcher.DirectDispatcher.send_raw_request",
        "mcp.shared.jsonrpc_dispatcher.JSONRPCDispatcher.send_raw_request",
    }


def test_a_disabled_instrumentor_is_a_problem(with_agent: Workplace) -> None:
    with_agent.write("targets.yaml", "targets: []")
    status, report = doctor(
        with_agent,
        *("--", sys.executable, "-c", "pass"),
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="toolspan_mcp",
    )
    assert status == 1
    assert report["findings"][0]["message"] == (
        "toolspan_mcp is disabled by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS."
    )


def test_who_else_records_a_framework_is_named_with_the_way_to_have_one_only() -> None:
    other = {
        "name": "mcp",
        "distribution": "opentelemetry-instrumentation-mcp",
        "state": "enabled",
        "active": True,
    }
    framework = {
        "name": "mcp",
        "instrumentor": "toolspan_mcp",
        "versions": {"mcp": "9.0", "fastmcp": None},
        "missing": ["mcp.client.client.Client.call_tool"],
        "others": [other],
    }
    problem, note = judge({"frameworks": [framework]})
    assert problem.message == (
        "mcp 9.0 has no mcp.client.client.Client.call_tool: what passes there is not recorded."
    )
    assert note.message.startswith("opentelemetry-instrumentation-mcp records mcp too.")
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=mcp (or toolspan_mcp)" in note.advice


def test_a_program_that_recorded_nothing_is_told_so(workplace: Workplace) -> None:
    workplace.write("targets.yaml", "targets: []")
    _, report = doctor(workplace, "--", sys.executable, "-c", "pass")
    assert report["findings"][0]["message"] == "The program recorded no span."


@pytest.mark.parametrize(("name", "servers"), [("shop", ["shop"]), (None, ["server_v2"])])
def test_mcp_servers_that_inherit_the_name_of_their_client_are_pointed_out(
    workplace: Workplace, name: str | None, servers: list[str]
) -> None:
    workplace.write("targets.yaml", "targets: []")
    named = {"OTEL_SERVICE_NAME": name} if name else {}
    client = (sys.executable, PROGRAMS / "client_v2.py", "five", "auto")
    command = map(str, (*client, sys.executable, PROGRAMS / "server_v2.py", "stdio"))
    _, report = doctor(workplace, "--", *command, **named)
    assert sorted(report["recorded"]["processes"]) == [name or "client_v2", *servers]
    assert report["recorded"]["servers"] == servers
    notes = [one["message"] for one in report["findings"] if one["check"] == "recorded"]
    assert len(notes) == (1 if name else 0)
    if name:
        assert notes[0].startswith(
            "The program's MCP servers record under its own name, service.name=shop"
        )


def test_a_sampler_and_a_disabled_sdk_are_said() -> None:
    provider = {"tracer": {"type": "x", "records": True, "listeners": ["JsonlSpanProcessor"]}}
    sampled = judge({"providers": provider, "environment": {"OTEL_TRACES_SAMPLER": "traceidratio"}})
    assert [one.check for one in sampled] == ["sampler"]
    disabled = judge({"providers": provider, "environment": {"OTEL_SDK_DISABLED": "true"}})
    assert [(one.check, one.level) for one in disabled] == [("provider", Level.PROBLEM)]


def test_secrets_in_the_environment_are_not_repeated(with_agent: Workplace) -> None:
    _, report = doctor(with_agent, OTEL_EXPORTER_OTLP_HEADERS="authorization=secret")
    assert report["environment"]["OTEL_EXPORTER_OTLP_HEADERS"] == "(set)"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--targets", "none.yaml"], "--targets none.yaml: no such file"),
        (["--", "no-such-program"], "no-such-program: not found"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_bad_usage_ends_with_2(workplace: Workplace, arguments: list[str], complaint: str) -> None:
    done = workplace.start(TOOLSPAN, "doctor", *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr.splitlines()[-1]


def test_no_sdk_and_no_place_to_write_are_problems() -> None:
    facts = {
        "providers": {"tracer": {"type": "x.Proxy", "records": False, "listeners": []}},
        "files": {"directory": "/nowhere", "writable": False},
    }
    assert [(one.check, one.level) for one in judge(facts)] == [
        ("provider", Level.PROBLEM),
        ("files", Level.PROBLEM),
    ]
