"""Which part of the distribution brings which verb, and what a verb needs before it is run."""

import json
from importlib.metadata import EntryPoint, distribution

import pytest

from support.programs import run_program
from toolspan.launcher._verbs import VERBS

OF_THE_BASE = {"run", "doctor", "feedback.add"}
OF_THE_EXPORTERS = {"send"}
OF_THE_ANALYTICS = VERBS.keys() - OF_THE_BASE - OF_THE_EXPORTERS
BROUGHT_BY = {
    "toolspan.instrumentation": OF_THE_BASE,
    "toolspan.exporters": OF_THE_EXPORTERS,
    "toolspan.analytics": OF_THE_ANALYTICS,
}
# What analysing needs, and what is not needed before it is known what to analyse.
ANALYSIS = {"duckdb", "jinja2", "numpy", "pandas", "pyarrow", "rich", "scipy", "vl_convert"}
NEVER_FOR_HELP = {
    "toolspan.instrumentation": ANALYSIS | {"toolspan.analytics", "toolspan.exporters"},
    "toolspan.exporters": ANALYSIS | {"toolspan.analytics", "toolspan.instrumentation"},
    "toolspan.analytics": (
        ANALYSIS | {"opentelemetry", "wrapt", "toolspan.instrumentation", "toolspan.exporters"}
    ),
}


def entry_points() -> list[EntryPoint]:
    found = distribution("toolspan").entry_points
    return [entry for entry in found if entry.group == "toolspan.commands"]


def floor_of(entry: EntryPoint) -> str:
    return ".".join(entry.module.split(".")[:2])


@pytest.mark.requirement("design.2-base-verbs", "design.2-verb-send", "design.2-analytics-verbs")
def test_each_part_brings_its_verbs_and_the_analytics_all_others() -> None:
    brought: dict[str, set[str]] = {}
    for entry in entry_points():
        brought.setdefault(floor_of(entry), set()).add(entry.name)
    assert brought == BROUGHT_BY


@pytest.mark.requirement("design.2-analytics-verbs")
def test_all_verbs_but_those_of_the_base_and_of_the_exporters_name_the_extra_analytics() -> None:
    assert {"tools", "report", "feedback.import"} <= OF_THE_ANALYTICS
    assert {name: verb.extra for name, verb in VERBS.items()} == {
        **dict.fromkeys(OF_THE_BASE | OF_THE_EXPORTERS),
        **dict.fromkeys(OF_THE_ANALYTICS, "analytics"),
    }


@pytest.mark.requirement("design.2-analytics-verbs")
@pytest.mark.parametrize("entry", entry_points(), ids=lambda entry: entry.name)
def test_the_entry_point_of_a_verb_is_something_to_call(entry: EntryPoint) -> None:
    assert callable(entry.load())


@pytest.fixture(scope="module")
def helped() -> dict[str, tuple[object, str, set[str]]]:
    """Of each verb: how its `--help` exits, what that prints, and all modules there are then."""
    # Each is asked in a child that has imported nothing but the launcher.
    done = run_program(
        """
        import contextlib, io, json, os, sys
        from importlib.metadata import distribution
        from toolspan.launcher import main

        for entry in distribution("toolspan").entry_points:
            if entry.group != "toolspan.commands":
                continue
            if os.fork():
                os.wait()
                continue
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                try:
                    code = main([*entry.name.split("."), "--help"])
                except SystemExit as stopped:
                    code = stopped.code
            print(json.dumps([entry.name, code, printed.getvalue(), [*sys.modules]]), flush=True)
            os._exit(0)
        """,
        measure=False,
    )
    assert done.stderr == ""
    told = map(json.loads, done.stdout.splitlines())
    return {name: (code, text, set(modules)) for name, code, text, modules in told}


@pytest.mark.requirement("design.2-analytics-verbs")
@pytest.mark.parametrize("entry", entry_points(), ids=lambda entry: entry.name)
def test_help_of_a_verb_needs_nothing_of_what_the_verb_needs(helped, entry: EntryPoint) -> None:
    code, text, modules = helped[entry.name]
    assert code == 0
    assert text.startswith(f"usage: toolspan {entry.name.replace('.', ' ')} ")
    assert {module for module in NEVER_FOR_HELP[floor_of(entry)] if module in modules} == set()
