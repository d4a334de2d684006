"""Every way to install, in fresh environments: Debian 12's pip, uv; wheel, sdist, tree, editable."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from support.environments import Distribution, Environment, new_environment

pytestmark = [pytest.mark.packaging]

# Debian 12 has Python 3.11 and this pip; on newer Pythons it does not run.
DEBIAN_12_PIP = "pip==23.0.1" if sys.version_info < (3, 12) else "pip"
HOME_OF_CONVENTIONS = "import toolspan.conventions as floor; print(floor.__file__)"
WAYS = ["wheel", "sdist", "tree", "editable"]


@pytest.fixture(scope="module")
def pip_environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = new_environment(tmp_path_factory.mktemp("pip") / "venv")
    environment.uv_install(DEBIAN_12_PIP)
    return environment


@pytest.fixture(scope="module")
def uv_environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return new_environment(tmp_path_factory.mktemp("uv") / "venv")


def what_to_install(way: str, distribution: Distribution, checkout: Path) -> list[str | Path]:
    return {
        "wheel": [distribution.wheel],
        "sdist": [distribution.sdist],
        "tree": [checkout],
        "editable": ["--editable", checkout],
    }[way]


def files_of(checkout: Path) -> set[Path]:
    return {path for path in checkout.rglob("*") if "__pycache__" not in path.parts}


def check(environment: Environment, way: str, checkout: Path) -> None:
    done = environment.toolspan("--version")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"toolspan {version('toolspan')}\n",
        "",
    )
    home = Path(environment.evaluate(HOME_OF_CONVENTIONS).strip())
    assert home.is_relative_to(checkout if way == "editable" else environment.root)


@pytest.mark.requirement("project.installs", "pain.13-pip-resolves")
@pytest.mark.parametrize("way", WAYS)
def test_debian_12_pip_installs(
    way: str, pip_environment: Environment, distribution: Distribution, checkout: Path
):
    # The first install brings the dependencies; the others need not resolve them again.
    again = [] if way == "wheel" else ["--force-reinstall", "--no-deps"]
    before = files_of(checkout)
    pip_environment.pip_install(*again, *what_to_install(way, distribution, checkout))
    assert files_of(checkout) == before
    check(pip_environment, way, checkout)


@pytest.mark.requirement("project.installs", "pain.13-pip-resolves")
@pytest.mark.parametrize("way", WAYS)
def test_uv_installs(
    way: str, uv_environment: Environment, distribution: Distribution, checkout: Path
):
    uv_environment.uv_install(
        "--reinstall-package", "toolspan", *what_to_install(way, distribution, checkout)
    )
    check(uv_environment, way, checkout)
