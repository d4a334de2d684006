"""The frameworks' environments: each wanted pin is locked, and a missing one skips as listed."""

import re

import pytest

from support import cached_environments
from support.cached_environments import CachedEnvironment, every_environment, python_of

NAMES = [one.name for one in every_environment()]


@pytest.mark.parametrize("name", NAMES)
def test_what_an_environment_wants_is_what_is_locked_for_it(name: str) -> None:
    environment = CachedEnvironment(name)
    locked = environment.locked.read_text(encoding="utf-8").splitlines()
    for line in environment.wanted.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            package = re.split(r"[\[=<>~!; ]", line)[0]
            (chosen,) = [one for one in locked if one.startswith(f"{package}==")]
            if "==" in line:
                assert chosen.partition(" ")[0].partition("==")[2] == line.partition("==")[2]


def test_a_missing_environment_skips_with_the_command_that_builds_it(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(pytest.skip.Exception) as skipped:
        python_of("mcp-1")
    assert str(skipped.value) == "the environment mcp-1 is not built: make environments"


def test_an_environment_lies_elsewhere_when_what_is_in_it_changes(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = CachedEnvironment("one")
    monkeypatch.setattr(cached_environments, "LISTED", tmp_path)
    before.locked.write_text("mcp==1.30.0\n")
    first = before.root
    before.locked.write_text("mcp==1.30.1\n")
    assert first.parent == before.root.parent
    assert first != before.root
