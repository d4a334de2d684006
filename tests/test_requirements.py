"""The requirements manifest: complete, tied to the tests both ways, and counted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import REQUIREMENTS
from requirements._model import built, from_source, planned, unassigned
from requirements_report import planned_by, report
from support.reference import REPOSITORY, shared
from support.requirement_rule import CLAIMS, objections, unclaimed

pytest_plugins = ["pytester"]

MANIFEST = from_source(
    "somewhere",
    {
        "here.built": built("It is there."),
        "here.planned": planned(3, "It will be there."),
        "here.unassigned": unassigned("It would be good to have."),
    },
)


@pytest.mark.whole_suite
def test_every_claim_is_built_and_everything_built_is_claimed(request: pytest.FixtureRequest):
    claims = request.config.stash[CLAIMS]
    assert objections(REQUIREMENTS, claims) + unclaimed(REQUIREMENTS, claims) == []


# --- the rule --------------------------------------------------------------------------------


def test_a_claim_of_an_unknown_id_is_an_objection():
    assert objections(MANIFEST, {"here.bilt": ["test_x.py::test_it"]}) == [
        "test_x.py::test_it claims 'here.bilt', which tests/requirements does not know"
    ]


@pytest.mark.parametrize("status", ["planned", "unassigned"])
def test_a_claim_of_what_is_not_built_asks_to_mark_it_built(status: str):
    (objection,) = objections(MANIFEST, {f"here.{status}": ["test_x.py::test_it"]})
    assert objection.endswith(f"which is {status}: mark it built(...) in tests/requirements")


def test_only_what_is_built_needs_a_claim():
    assert [line.split()[0] for line in unclaimed(MANIFEST, {})] == ["'here.built'"]
    assert unclaimed(MANIFEST, {"here.built": ["test_x.py::test_it"]}) == []


@pytest.fixture
def small_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite under the rule, with a manifest of one built and one planned requirement."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini(
        "[pytest]\ntestpaths = tests\nmarkers =\n    requirement(*ids): x\n    whole_suite: x\n    slow: x\n"
    )
    tests = pytester.mkdir("tests")
    (tests / "conftest.py").write_text(
        "from requirements._model import built, planned\n"
        "from support.requirement_rule import RequirementRule\n"
        "MANIFEST = {'a.built': built('It is there.'), 'a.planned': planned(3, 'It will be.')}\n"
        "def pytest_configure(config):\n"
        "    config.pluginmanager.register(RequirementRule(MANIFEST))\n"
    )
    (tests / "test_agree.py").write_text(
        "import pytest\n"
        "from support.requirement_rule import CLAIMS, objections, unclaimed\n"
        "MANIFEST = __import__('conftest').MANIFEST\n"
        "@pytest.mark.whole_suite\n"
        "def test_agree(request):\n"
        "    claims = request.config.stash[CLAIMS]\n"
        "    assert objections(MANIFEST, claims) + unclaimed(MANIFEST, claims) == []\n"
    )
    return pytester


def _write(suite: pytest.Pytester, claim: str, *, marker: str = "") -> None:
    Path(suite.path, "tests", "test_claim.py").write_text(
        f"import pytest\n{marker}\n@pytest.mark.requirement({claim})\ndef test_it(): pass\n"
    )


def test_a_suite_whose_claims_and_manifest_agree_passes(small_suite: pytest.Pytester):
    _write(small_suite, "'a.built'")
    small_suite.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_deselected_test_still_counts_as_a_claim(small_suite: pytest.Pytester):
    _write(small_suite, "'a.built'", marker="@pytest.mark.slow")
    small_suite.runpytest_inprocess("-m", "not slow").assert_outcomes(passed=1, deselected=1)


def test_a_built_id_without_a_test_fails_the_whole_suite_and_no_part_of_it(
    small_suite: pytest.Pytester,
):
    small_suite.runpytest_inprocess().assert_outcomes(failed=1)
    small_suite.runpytest_inprocess("tests").assert_outcomes(failed=1)
    small_suite.runpytest_inprocess("tests/test_agree.py").assert_outcomes(deselected=1)
    small_suite.runpytest_inprocess("--ignore=tests/elsewhere").assert_outcomes(deselected=1)


@pytest.mark.parametrize("claim", ["'a.unknown'", "'a.planned'", "'a.built', 'a.unknown'", ""])
def test_a_false_claim_fails_also_when_a_part_of_the_suite_runs(
    small_suite: pytest.Pytester, claim: str
):
    _write(small_suite, claim)
    small_suite.runpytest_inprocess("tests/test_claim.py").assert_outcomes(errors=1)


# --- the report ------------------------------------------------------------------------------


def test_the_report_counts_by_source_and_status():
    assert report(MANIFEST).splitlines() == [
        "requirements       built     planned  unassigned",
        "somewhere              1           1           1",
        "all                    1           1           1",
        "planned by issue 3: 1",
    ]
    assert planned_by(MANIFEST, 3) == "here.planned: It will be there."


def test_the_report_runs_as_a_script():
    done = subprocess.run(
        [sys.executable, REPOSITORY / "tests" / "requirements_report.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-2].split()[0] == "all"
    assert done.stderr == ""


# --- the manifest ----------------------------------------------------------------------------


def test_every_entry_is_one_sentence_under_a_well_formed_id():
    for name, entry in REQUIREMENTS.items():
        assert re.fullmatch(
            r"(project\.|pipelines\.|design\.[2-9]|battery\.|pain\.(\d\d|also)-|capability\.[A-O]\d?-|analytics\.(\d\d|quality)-)"
            r"[-a-z0-9]+",
            name,
        ), name
        assert entry.behaviour.endswith("."), name
        assert entry.source, name
        assert (entry.issue in range(2, 10)) is (entry.status == "planned"), name


def test_every_numbered_promise_has_an_entry():
    begun = {re.split(r"-", name)[0] for name in REQUIREMENTS}
    assert {f"design.{section}" for section in range(2, 10)} <= begun
    assert {f"pain.{number:02}" for number in range(1, 21)} <= begun
    assert {f"capability.A{number}" for number in range(1, 6)} <= begun
    assert {f"capability.{letter}" for letter in "BCDEFGHIJKLMNO"} <= begun
    assert {f"analytics.{number:02}" for number in range(1, 15)} <= begun


@pytest.mark.shared
def test_every_row_of_the_behaviour_battery_has_an_entry():
    text = shared("reference", "peers-instrumentation.md").read_text(encoding="utf-8")
    table = text.partition("**Battery results**")[2].partition("\n\n")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert len(rows) > 20
    entries = [e.at for name, e in REQUIREMENTS.items() if name.startswith("battery.")]
    assert sorted(entries) == sorted(rows[2:])
