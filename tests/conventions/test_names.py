"""Names of attributes, scopes and variables: those of the standard where it has them, else ours."""

import doctest
import importlib
import pkgutil
import warnings
from pathlib import Path

import opentelemetry.semconv._incubating.attributes as standard
import pytest

import toolspan.conventions
from toolspan.conventions import attributes, environment, operations, scopes
from toolspan.conventions.layers import Layer
from toolspan.conventions.pseudo_tools import PSEUDO_TOOLS_BY_SCOPE, is_pseudo_tool


def constants(module: object) -> dict[str, str]:
    return {
        name: value
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }


OURS = constants(attributes)


@pytest.fixture(scope="module")
def theirs() -> dict[str, str]:
    """Every attribute name of the standard's Python package, stable and incubating."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return {
            name: value
            for module in pkgutil.iter_modules(standard.__path__)
            for name, value in constants(
                importlib.import_module(f"{standard.__name__}.{module.name}")
            ).items()
        }


def test_a_constant_that_the_standard_has_too_has_the_same_value(theirs: dict[str, str]):
    both = OURS.keys() & theirs.keys()
    assert len(both) > 30
    assert {name: OURS[name] for name in both} == {name: theirs[name] for name in both}


def test_a_name_that_the_standard_has_too_is_called_the_same(theirs: dict[str, str]):
    called = {value: name for name, value in theirs.items()}
    assert {value: name for name, value in OURS.items() if called.get(value, name) != name} == {}


def test_a_constant_is_called_as_its_value():
    apart = {"ERROR_TYPE_OTHER", "EVENT_EVALUATION_RESULT"}  # a value and an event, no attributes
    assert {
        name: value
        for name, value in OURS.items()
        if name not in apart and name != value.replace(".", "_").upper()
    } == {}


def test_no_two_constants_have_the_same_value():
    assert len(set(OURS.values())) == len(OURS)


def test_what_the_standard_lacks_is_ours_or_known_to_be_newer(theirs: dict[str, str]):
    newer = {
        "_OTHER",
        "gen_ai.agent.call.id",  # pydantic-ai's
        "gen_ai.evaluation.result",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cost.amount",
        "gen_ai.usage.cost.currency",
        "gen_ai.usage.cost.source",
    }
    lacking = set(OURS.values()) - set(theirs.values())
    assert {name for name in lacking if not name.startswith("toolspan.")} <= newer


def test_every_operation_of_the_standard_that_is_a_call_has_a_kind(theirs: dict[str, str]):
    assert operations.KIND_BY_OPERATION[operations.EXECUTE_TOOL] == "tool"
    assert operations.KIND_BY_OPERATION[operations.INVOKE_AGENT] == "agent"
    assert operations.KIND_BY_OPERATION[operations.INVOKE_WORKFLOW] == "workflow"
    assert operations.KIND_BY_OPERATION[operations.CHAT] == "llm"
    assert set(operations.KIND_BY_OPERATION.values()) == {
        "tool",
        "agent",
        "workflow",
        "step",
        "llm",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        gen_ai = importlib.import_module(f"{standard.__name__}.gen_ai_attributes")
        theirs_operations = {operation.value for operation in gen_ai.GenAiOperationNameValues}
    without_a_kind = {"create_agent", "embeddings", "retrieval"}
    assert theirs_operations - without_a_kind <= operations.KIND_BY_OPERATION.keys()


def test_the_layers_are_those_of_the_contract():
    assert {layer.value for layer in Layer} == {
        *("logical", "attempt", "client", "server", "duplicate")
    }


def test_our_scope_is_the_package_that_emits():
    assert scopes.TOOLSPAN == "toolspan.instrumentation"


# --- pseudo tools ----------------------------------------------------------------------------


@pytest.mark.requirement("design.5-pseudo-tools-exact")
@pytest.mark.parametrize(
    ("scope", "tool", "pseudo"),
    [
        ("toolspan.instrumentation.smolagents", "final_answer", True),
        ("toolspan.instrumentation.smolagents", "final_answer_checker", False),
        ("toolspan.instrumentation.smolagents", "Final_Answer", False),
        ("toolspan.instrumentation.dspy", "finish", True),
        ("toolspan.instrumentation.dspy", "final_answer", False),
        (scopes.GOOGLE_ADK, "transfer_to_agent", True),
        (scopes.GOOGLE_ADK, "transfer_to_agent_b", False),
        (scopes.TOOLSPAN, "finish", False),
        ("my.app", "final_answer", False),
        ("", "final_answer", False),
        (None, "final_answer", False),
        (scopes.GOOGLE_ADK, None, False),
    ],
)
def test_a_pseudo_tool_is_an_exact_name_of_its_scope(
    scope: str | None, tool: str | None, pseudo: bool
):
    assert is_pseudo_tool(scope, tool) is pseudo


@pytest.mark.requirement("design.5-pseudo-tools-exact")
def test_spans_of_no_framework_have_no_pseudo_tool():
    assert {scopes.TOOLSPAN, scopes.MCP_PYTHON_SDK, scopes.FASTMCP, "", "my.app"}.isdisjoint(
        PSEUDO_TOOLS_BY_SCOPE
    )


# --- environment -----------------------------------------------------------------------------


def test_data_goes_to_the_named_directory_or_to_toolspan_data(monkeypatch: pytest.MonkeyPatch):
    assert environment.data_directory() == Path("toolspan-data")
    monkeypatch.setenv("TOOLSPAN_DIR", "")
    assert environment.data_directory() == Path("toolspan-data")
    monkeypatch.setenv("TOOLSPAN_DIR", "/elsewhere/spans")
    assert environment.data_directory() == Path("/elsewhere/spans")


def test_a_variable_of_ours_is_called_as_its_constant():
    ours = {n: v for n, v in constants(environment).items() if n.startswith("TOOLSPAN_")}
    assert ours
    assert all(name == value for name, value in ours.items())


# --- examples --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module", [m.name for m in pkgutil.iter_modules(toolspan.conventions.__path__)]
)
def test_the_examples_in_the_docstrings_are_true(module: str):
    failed, _ = doctest.testmod(
        importlib.import_module(f"toolspan.conventions.{module}"), raise_on_error=False
    )
    assert failed == 0
