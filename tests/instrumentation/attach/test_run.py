"""`toolspan run`: what it sets, what it leaves alone, and how it ends."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.otlp_receiver import OtlpReceiver
from support.spans import otlp_json_spans
from support.zero_code import TOOLSPAN, Workplace
from toolspan.instrumentation.attach import run
from toolspan.instrumentation.attach._service import service_name
from toolspan.instrumentation.attach.run import prepare

COMMAND = ["python", "agent.py"]


def prepared(
    environment: dict[str, str], command: Sequence[str] = COMMAND, **options: str
) -> dict[str, str]:
    """What `run` sets for the program, beside PYTHONPATH."""
    given = dict(environment)
    assert prepare(given, command, **options) is None
    given.pop("PYTHONPATH")
    return given


@pytest.mark.requirement("design.3-run-sets-the-unset")
def test_only_what_the_user_has_not_set_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert prepared({}) == {
        "TOOLSPAN_DIR": str(tmp_path / "toolspan-data"),
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "toolspan",
        "TOOLSPAN_SERVICE_NAME": "agent",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }
    mine = {
        "OTEL_SERVICE_NAME": "mine",
        "OTEL_TRACES_EXPORTER": "console",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4317",
        "OTEL_LOGS_EXPORTER": "otlp",
    }
    assert prepared(mine) == mine | {"TOOLSPAN_DIR": str(tmp_path / "toolspan-data")}


def test_files_go_where_the_option_says_then_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLSPAN_DIR", "here")
    assert prepared({})["TOOLSPAN_DIR"] == str(tmp_path / "here")
    assert prepared({}, directory="there")["TOOLSPAN_DIR"] == str(tmp_path / "there")


def test_a_service_name_among_resource_attributes_is_respected(tmp_path: Path) -> None:
    named = {"OTEL_RESOURCE_ATTRIBUTES": "team=a,service.name=shop"}
    assert not {"OTEL_SERVICE_NAME", "TOOLSPAN_SERVICE_NAME"} & prepared(named).keys()
    detectors = "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"
    assert prepared({detectors: "process, toolspan"})[detectors] == "process,toolspan"


def test_each_process_is_called_like_its_program_unless_the_user_names_the_service(
    workplace: Workplace,
) -> None:
    workplace.write("tools.py", DECORATED)
    workplace.write("server.py", "import tools")
    workplace.write(
        "agent.py",
        """
        import multiprocessing, subprocess, sys, tools
        if __name__ == "__main__":
            subprocess.run([sys.executable, "server.py"], check=True)
            worker = multiprocessing.get_context("spawn").Process(target=tools.search, args="a")
            worker.start(), worker.join()
        """,
    )
    for name, services in (("", ["agent", "server", "agent", "agent"]), ("mine", ["mine"] * 4)):
        done = workplace.toolspan_run("agent.py", OTEL_SERVICE_NAME=name, TOOLSPAN_DIR=f"d{name}")
        assert (done.returncode, done.stderr) == (0, "")
        spans = sorted(otlp_json_spans(workplace.folder / f"d{name}"), key=lambda s: s["start"])
        assert [span["resource"]["service.name"] for span in spans] == services


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["python", "shop/agent.py"], "agent"),
        (["/usr/bin/python3.11", "-X", "dev", "-W", "error", "-u", "agent.py"], "agent"),
        (["python3", "-m", "shop.agent", "x.py"], "shop.agent"),
        (["python", "shop/__main__.py"], "shop"),
        (["python", "-c", "pass"], "python"),
        (["python"], "python"),
        (["/opt/venv/bin/uvicorn", "shop:app"], "uvicorn"),
    ],
)
def test_the_service_is_called_like_the_program(command: list[str], name: str) -> None:
    assert service_name(command) == name


def test_targets_are_found_by_option_variable_and_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "mine.yaml").write_text("targets: []\n")
    assert "TOOLSPAN_TARGETS" not in prepared({})
    (tmp_path / "pyproject.toml").write_text("[[tool.toolspan.targets]]\n")
    assert prepared({})["TOOLSPAN_TARGETS"] == str(tmp_path / "pyproject.toml")
    by_variable = prepared({"TOOLSPAN_TARGETS": "mine.yaml"})
    assert by_variable["TOOLSPAN_TARGETS"] == str(tmp_path / "mine.yaml")
    assert prepared({}, targets="mine.yaml") == by_variable
    assert prepare({}, COMMAND, targets="none.yaml") == "--targets none.yaml: no such file"


def test_an_endpoint_without_an_exporter_installed_does_not_cost_the_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "entry_points", lambda **_: ())
    set_up = prepared({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
    assert set_up["OTEL_TRACES_EXPORTER"] == "none"
    assert "pip install 'toolspan[otlp]'" in capsys.readouterr().err


def test_the_users_own_python_path_stays(workplace: Workplace) -> None:
    workplace.write("lib/mine.py", "x = 1")
    done = workplace.start(
        TOOLSPAN,
        "run",
        "--",
        sys.executable,
        "-c",
        "import mine, opentelemetry.sdk; print(mine.x)",
        PYTHONPATH="lib",
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.mark.requirement("design.2-run-ends-as-its-program")
@pytest.mark.parametrize("status", [0, 1, 3, 255])
def test_run_ends_with_the_status_of_the_program(workplace: Workplace, status: int) -> None:
    done = workplace.toolspan_run("-c", f"import os; os._exit({status})")
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


@pytest.mark.requirement("design.2-run-ends-as-its-program")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_run_ends_by_the_signal_of_the_program(workplace: Workplace, number: int) -> None:
    done = workplace.toolspan_run("-c", f"import os; os.kill(os.getpid(), {int(number)})")
    assert done.returncode == -number


def test_arguments_input_and_working_directory_reach_the_program(workplace: Workplace) -> None:
    done = workplace.toolspan_run(
        "-c", "import sys, os; print(sys.argv[1:], os.getcwd())", "--", "--dir", "-x", "a b"
    )
    assert done.stdout == f"['--', '--dir', '-x', 'a b'] {workplace.folder}\n"


@pytest.mark.requirement("design.2-run-cannot-start")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "expected a command to run"),
        (["--"], "expected a command to run"),
        (["--nonsense", "--", "python"], "unrecognized arguments: --nonsense"),
        (["--", "no-such-program"], "toolspan run: no-such-program: not found"),
        (["--", "agent.py"], "agent.py: not found (did you mean `python agent.py`?)"),
        (["--targets", "none.yaml", "--", "true"], "--targets none.yaml: no such file"),
    ],
)
def test_what_cannot_be_started_is_said_in_one_line_and_ends_with_2(
    workplace: Workplace, arguments: list[str], complaint: str
) -> None:
    done = workplace.start(TOOLSPAN, "run", *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr.splitlines()[-1]


def test_a_file_that_is_no_program_ends_with_2(workplace: Workplace) -> None:
    workplace.write("broken", "no program").chmod(0o755)
    done = workplace.start(TOOLSPAN, "run", "--", "./broken")
    assert (done.returncode, done.stderr) == (2, "toolspan run: ./broken: Exec format error\n")


def test_a_python_without_toolspan_runs_unrecorded_and_says_so(
    workplace: Workplace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import venv

    other = tmp_path_factory.mktemp("other")
    venv.create(other, with_pip=False, symlinks=True)
    done = workplace.start(TOOLSPAN, "run", "--", other / "bin" / "python", "-c", "print(1)")
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert done.stderr == (
        f"toolspan run: {other}/bin/python has no toolspan installed, so nothing is recorded; "
        f"run the program with {sys.executable}, or install toolspan beside it\n"
    )


DECORATED = """
    from toolspan.instrumentation import track_tool_call
    @track_tool_call
    def search(query): return query
    search("a")
    """


@pytest.mark.requirement("project.otlp-without-collector")
def test_an_installed_otlp_exporter_without_a_collector_costs_no_time_and_no_noise(
    workplace: Workplace,
) -> None:
    workplace.write("agent.py", DECORATED)
    done = workplace.toolspan_run("agent.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert workplace.names == ["execute_tool search"]


def test_files_and_a_collector_get_the_same_spans(workplace: Workplace) -> None:
    workplace.write("agent.py", DECORATED)
    with OtlpReceiver() as receiver:
        done = workplace.toolspan_run(
            "agent.py",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            OTEL_METRICS_EXPORTER="none",
            OTEL_LOGS_EXPORTER="none",
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert receiver.span_names == ["execute_tool search"]
    assert workplace.names == ["execute_tool search"]


OWN_SDK = """
    import opentelemetry.trace as trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, ConsoleSpanExporter
    early = trace.get_tracer("early")
    provider = TracerProvider(resource=Resource.create({"service.name": "mine"}))
    provider.add_span_processor(
        SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: span.name + "\\n"))
    )
    trace.set_tracer_provider(provider)
    assert trace.get_tracer_provider() is provider
    with early.start_as_current_span("early"), trace.get_tracer("late").start_as_current_span("late"):
        pass
    """


@pytest.mark.requirement("project.sdk-by-the-user", "pain.15-global-provider")
def test_a_program_that_sets_up_its_own_sdk_keeps_its_exporters(workplace: Workplace) -> None:
    workplace.write("agent.py", OWN_SDK + DECORATED)
    done = workplace.toolspan_run("agent.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "late\nearly\nexecute_tool search\n"
    assert [(span["name"], span["resource"]["service.name"]) for span in workplace.spans] == [
        ("early", "mine"),
        ("late", "mine"),
        ("execute_tool search", "mine"),
    ]


def test_exporters_named_by_the_user_win_over_the_programs_own_sdk(workplace: Workplace) -> None:
    workplace.write("agent.py", OWN_SDK.replace("assert trace", "trace") + DECORATED)
    done = workplace.toolspan_run("agent.py", OTEL_TRACES_EXPORTER="console")
    assert done.returncode == 0
    assert "Overriding of current TracerProvider is not allowed" in done.stderr
    assert sorted(workplace.names) == ["early", "execute_tool search", "late"]


def test_decorators_alone_write_files_with_an_sdk_of_the_programs(workplace: Workplace) -> None:
    workplace.write("agent.py", OWN_SDK + DECORATED)
    done = workplace.start(sys.executable, "agent.py", TOOLSPAN_DIR="toolspan-data")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "late\nearly\nexecute_tool search\n"
    assert workplace.names == ["execute_tool search"]


@pytest.mark.requirement("design.3-no-global-provider", "capability.N-no-global-provider")
def test_no_sdk_at_all_is_one_line_that_names_the_fix(workplace: Workplace) -> None:
    workplace.write("agent.py", DECORATED + "\n    search('b')")
    done = workplace.start(sys.executable, "agent.py", TOOLSPAN_DIR="toolspan-data")
    assert done.returncode == 0
    assert done.stderr == (
        "TOOLSPAN_DIR is set but no OpenTelemetry SDK is active, so nothing is recorded. Start "
        "the program with `toolspan run -- python ...`, or set a TracerProvider.\n"
    )
    assert not workplace.data.exists()


@pytest.mark.requirement("pain.20-local-jsonl")
def test_plain_opentelemetry_instrument_records_with_documented_variables(
    workplace: Workplace,
) -> None:
    workplace.write("agent.py", "def search(query): return query\nsearch('a')")
    targets = workplace.write("t.yaml", "targets: [{target: 'agent:search', kind: tool}]")
    done = workplace.start(
        Path(TOOLSPAN).with_name("opentelemetry-instrument"),
        sys.executable,
        "agent.py",
        TOOLSPAN_DIR="toolspan-data",
        TOOLSPAN_TARGETS=str(targets),
        OTEL_TRACES_EXPORTER="none",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert workplace.names == ["execute_tool search"]


@pytest.mark.requirement("capability.J-entry-points")
def test_the_instrumentor_can_be_disabled_by_its_name(workplace: Workplace) -> None:
    workplace.write("agent.py", "def search(query): return query\nsearch('a')")
    workplace.write("targets.yaml", "targets: [{target: 'agent:search', kind: tool}]")
    done = workplace.toolspan_run("agent.py", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="toolspan")
    assert (done.returncode, done.stderr) == (0, "")
    assert not workplace.data.exists()


def test_a_disabled_sdk_writes_nothing_and_says_nothing(workplace: Workplace) -> None:
    workplace.write("agent.py", DECORATED)
    done = workplace.toolspan_run("agent.py", OTEL_SDK_DISABLED="true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not workplace.data.exists()


def test_events_of_the_program_go_to_files_too(workplace: Workplace) -> None:
    workplace.write(
        "agent.py",
        """
        from toolspan.instrumentation import record_feedback
        assert record_feedback("helpful", 1, session_id="s1")
        """,
    )
    done = workplace.toolspan_run("agent.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert [file.name.split("-")[0] for file in workplace.data.iterdir()] == ["events"]
