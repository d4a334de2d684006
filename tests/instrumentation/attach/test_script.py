"""Classes and functions of the script being run, however it is run."""

import ast
import sys
import zipfile
from pathlib import Path

import pytest

from support.zero_code import Workplace

AGENT = '''
    """An agent that lives in one file."""
    from __future__ import annotations

    import functools
    import sys

    class Base:
        def run(self, task): raise NotImplementedError

    class SimpleAgent(Base):
        def __init__(self):
            self.tools = dict(TOOLS)
        def run(self, task):
            return [tool(task) for tool in self.tools.values()]

    def search(query): return f"found {query}"
    if True:
        def shout(text): return text.upper()
    try:
        count = functools.partial(len)
    finally:
        pass
    TOOLS = {"search": search, "shout": shout, "count": count}

    if __name__ == "__main__":
        print(SimpleAgent().run("otters"))
    '''
TARGETS = """
    targets:
      - target: agent:Base.run
        kind: agent
      - target: [agent:search, agent:shout, agent:count]
        kind: tool
    """
RECORDED = [
    "invoke_agent SimpleAgent",
    "execute_tool search",
    "execute_tool shout",
    "execute_tool count",
]


@pytest.fixture
def with_agent(workplace: Workplace) -> Workplace:
    workplace.write("agent.py", AGENT)
    workplace.write("targets.yaml", TARGETS)
    return workplace


@pytest.mark.parametrize(
    "arguments", [("agent.py",), ("./agent.py",), ("-u", "agent.py", "--fast"), ("-m", "agent")]
)
def test_a_script_is_reached_by_its_own_name(
    with_agent: Workplace, arguments: tuple[str, ...]
) -> None:
    done = with_agent.toolspan_run(*arguments)
    assert (done.stdout, done.stderr, done.returncode) == (
        "['found otters', 'OTTERS', 6]\n",
        "",
        0,
    )
    assert with_agent.names == RECORDED
    assert {span["resource"]["service.name"] for span in with_agent.spans} == {"agent"}


def test_a_script_without_a_suffix_is_one_too_and_an_archive_without_one_is_left_alone(
    with_agent: Workplace,
) -> None:
    with_agent.write("bin/agent", AGENT)
    done = with_agent.toolspan_run("bin/agent")
    assert (done.stdout, done.stderr) == ("['found otters', 'OTTERS', 6]\n", "")
    assert with_agent.names == RECORDED
    with zipfile.ZipFile(with_agent.folder / "bin" / "agent", "w") as archive:
        archive.writestr("__main__.py", "print('from the archive')")
    done = with_agent.toolspan_run("bin/agent")
    assert (done.stdout, done.stderr) == ("from the archive\n", "")


def test_a_module_of_a_package_is_reached_by_its_full_name(with_agent: Workplace) -> None:
    with_agent.write("shop/__init__.py", "")
    with_agent.write("shop/agent.py", AGENT)
    with_agent.write("targets.yaml", TARGETS.replace("agent:", "shop.agent:"))
    assert with_agent.toolspan_run("-m", "shop.agent").returncode == 0
    assert with_agent.names == RECORDED
    assert with_agent.toolspan_run("shop/agent.py").returncode == 0
    assert with_agent.names == RECORDED * 2


def test_a_package_that_is_run_is_reached_by_its_name(with_agent: Workplace) -> None:
    with_agent.write("shop/__init__.py", "")
    with_agent.write("shop/__main__.py", AGENT)
    with_agent.write("targets.yaml", TARGETS.replace("agent:", "shop:"))
    for arguments in (["-m", "shop"], ["shop/__main__.py"]):
        assert with_agent.toolspan_run(*arguments).returncode == 0
    assert with_agent.names == RECORDED * 2


def test_main_is_a_name_for_every_script(with_agent: Workplace) -> None:
    with_agent.write("targets.yaml", TARGETS.replace("agent:", "__main__:"))
    with_agent.toolspan_run("agent.py")
    assert with_agent.names == RECORDED


LOOK_AROUND = """
    import sys, json
    def tool(): pass
    def look():
        main = sys.modules["__main__"]
        return {
            "argv": sys.argv,
            "path": sys.path,
            "names": sorted(vars(main)),
            "main": [str(main.__spec__), main.__package__, main.__file__, main.__doc__,
                     type(main.__loader__).__name__, main.__loader__.path, main.__name__],
            "same": main.__dict__ is globals(),
        }
    print(json.dumps(look()))
    """


def test_a_script_sees_the_same_surroundings_as_without_us(workplace: Workplace) -> None:
    workplace.write("deep/look.py", LOOK_AROUND)
    workplace.write("targets.yaml", "targets: [{target: 'look:tool', kind: tool}]")
    recorded = workplace.toolspan_run("deep/look.py", "--x", "1")
    workplace.write("targets.yaml", "targets: []")
    plain = workplace.toolspan_run("deep/look.py", "--x", "1")
    assert recorded.stdout == plain.stdout != ""


def test_a_script_behind_a_link_sees_the_folder_of_the_file(workplace: Workplace) -> None:
    workplace.write("deep/look.py", LOOK_AROUND)
    workplace.write("targets.yaml", "targets: [{target: 'link:tool', kind: tool}]")
    (workplace.folder / "link.py").symlink_to("deep/look.py")
    recorded = workplace.toolspan_run("link.py")
    workplace.write("targets.yaml", "targets: []")
    plain = workplace.toolspan_run("link.py")
    assert recorded.stdout == plain.stdout != ""


def test_tracebacks_point_at_the_lines_of_the_script(workplace: Workplace) -> None:
    workplace.write(
        "agent.py",
        '''
        """Documented."""
        from __future__ import annotations
        class Agent:
            def run(self):
                raise ValueError("on line six")
        Agent().run()
        ''',
    )
    workplace.write("targets.yaml", "targets: [{target: 'agent:Agent.run', kind: agent}]")
    done = workplace.toolspan_run("agent.py")
    assert done.returncode == 1
    assert 'agent.py", line 7, in <module>\n    Agent().run()' in done.stderr
    assert 'agent.py", line 6, in run\n    raise ValueError("on line six")' in done.stderr
    assert workplace.names == ["invoke_agent Agent"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("def tool(:\n", "SyntaxError"), ("# -*- coding: nonsense -*-\n", "nonsense")],
)
def test_a_script_that_does_not_compile_fails_as_it_does_without_us(
    workplace: Workplace, text: str, complaint: str
) -> None:
    workplace.write("agent.py", text)
    workplace.write("targets.yaml", "targets: [{target: 'agent:tool', kind: tool}]")
    done = workplace.toolspan_run("agent.py")
    plain = workplace.start(sys.executable, "agent.py")
    assert (done.returncode, done.stderr) == (plain.returncode, plain.stderr)
    assert complaint in done.stderr


def test_processes_spawned_by_multiprocessing_are_recorded(workplace: Workplace) -> None:
    workplace.write(
        "agent.py",
        """
        import multiprocessing
        def search(query): return query
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            with context.Pool(1) as pool:
                print(pool.map(search, ["a"]))
                pool.close()
                pool.join()
        """,
    )
    workplace.write("targets.yaml", "targets: [{target: 'agent:search', kind: tool}]")
    done = workplace.toolspan_run("agent.py")
    assert (done.stdout, done.stderr) == ("['a']\n", "")
    assert workplace.names == ["execute_tool search"]


def test_a_python_program_started_by_the_program_is_recorded(with_agent: Workplace) -> None:
    with_agent.write(
        "outer.py",
        "import subprocess, sys\nsubprocess.run([sys.executable, 'agent.py'], check=True)\n",
    )
    assert with_agent.toolspan_run("outer.py").returncode == 0
    assert with_agent.names == RECORDED


def test_a_module_is_reached_as_script_and_as_import_at_once(workplace: Workplace) -> None:
    workplace.write(
        "agent.py",
        """
        def search(query): return query
        if __name__ == "__main__":
            import agent
            search("as script"), agent.search("as import")
        """,
    )
    workplace.write("targets.yaml", "targets: [{target: 'agent:search', kind: tool}]")
    workplace.toolspan_run("agent.py")
    assert workplace.names == ["execute_tool search"] * 2


def test_the_inserted_calls_change_no_line_and_no_name() -> None:
    from toolspan.instrumentation.attach._script import _mark_definitions
    from toolspan.instrumentation.attach.targets import Pattern

    source = Path(__file__).read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert _mark_definitions(tree, [Pattern("x", ("test_*",))])
    lines = [getattr(node, "lineno", 0) for node in ast.walk(tree)]
    assert max(lines) <= source.count("\n") + 1
    assert compile(tree, "x", "exec")


def test_isolated_mode_is_left_alone(with_agent: Workplace) -> None:
    done = with_agent.toolspan_run("-I", "agent.py")
    assert (done.stdout, done.stderr) == ("['found otters', 'OTTERS', 6]\n", "")
    assert not with_agent.data.exists()
