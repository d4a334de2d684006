"""What is in the wheel and the sdist, and what the wheel's metadata says."""

import re
import tarfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from support.environments import Distribution
from support.reference import REPOSITORY

pytestmark = [pytest.mark.packaging]

ROOTS = ("instrumentation", "exporters", "analytics")


@pytest.fixture(scope="module")
def names(distribution: Distribution) -> set[str]:
    """The files of the wheel outside its metadata."""
    with ZipFile(distribution.wheel) as wheel:
        return {name for name in wheel.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def metadata(distribution: Distribution) -> Message:
    with ZipFile(distribution.wheel) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(wheel.read(name).decode())


@pytest.fixture(scope="module")
def requirements(metadata: Message) -> list[Requirement]:
    return [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]


def source_files() -> Iterator[str]:
    for root in ROOTS:
        for path in (REPOSITORY / root / "toolspan").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(REPOSITORY / root).as_posix()


@pytest.mark.requirement("design.2-top-level")
def test_the_top_level_holds_what_the_house_promises():
    for folder in ("instrumentation", "exporters", "analytics", "tests"):
        assert (REPOSITORY / folder).is_dir(), folder
    for file in ("collector-config.yaml", "pyproject.toml", "README.md"):
        assert (REPOSITORY / file).is_file(), file


@pytest.mark.requirement("design.2-one-distribution")
def test_the_wheel_holds_the_three_floors_and_nothing_else(names: set[str]):
    assert names == set(source_files())


@pytest.mark.requirement("design.2-empty-namespace")
def test_the_wheel_has_no_file_of_the_namespace_itself(names: set[str]):
    assert [name for name in names if len(PurePosixPath(name).parts) < 3] == []


@pytest.mark.requirement("capability.N-typed")
def test_every_package_of_the_wheel_is_typed(names: set[str]):
    packages = {PurePosixPath(name).parts[1] for name in names}
    assert {"conventions", "launcher", "instrumentation", "exporters", "analytics"} == packages
    assert {f"toolspan/{package}/py.typed" for package in packages} <= names


@pytest.mark.requirement("design.2-clean-sdist")
def test_the_sdist_holds_what_a_packager_needs_and_no_junk(distribution: Distribution):
    with tarfile.open(distribution.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml"}
    wanted |= {"collector-config.yaml", "constraints.txt", "tests/conftest.py"}
    assert {name for name in wanted if (REPOSITORY / name).exists()} <= names
    assert {"README.md", "LICENSE", "pyproject.toml", "tests/conftest.py"} <= names
    assert {f"{root}/{name}" for root in ROOTS for name in source_files()} >= {
        name for name in names if name.split("/")[0] in ROOTS and name.endswith(".py")
    }
    junk = re.compile(r"(^|/)(\.venv|\.git|dist|build|demo-data|__pycache__|\.[a-z]+_cache)(/|$)")
    assert [name for name in names if junk.search(name)] == []


def test_no_extra_is_called_as_the_opentelemetry_loader_would_misread_it(metadata: Message):
    extras = set(metadata.get_all("Provides-Extra", []))
    assert {"otlp", "threads", "analytics", "all"} <= extras
    assert extras.isdisjoint({"instruments", "instruments-any"})


@pytest.mark.requirement("design.3-distro-is-a-dependency", "capability.N-light-core")
def test_the_base_install_asks_for_opentelemetry_wrapt_and_yaml_only(
    requirements: list[Requirement],
):
    assert {wanted.name for wanted in requirements if wanted.marker is None} == {
        "opentelemetry-api",
        "opentelemetry-sdk",
        "opentelemetry-instrumentation",
        "opentelemetry-distro",
        "wrapt",
        "pyyaml",
    }


@pytest.mark.requirement("pain.13-wide-ranges", "capability.N-no-upper-pins")
def test_no_dependency_is_pinned_below_its_next_major_version(requirements: list[Requirement]):
    pins = [
        str(wanted)
        for wanted in requirements
        for bound in wanted.specifier
        if bound.operator in {"==", "===", "~="}
        or (bound.operator.startswith("<") and not bound.version.isdecimal())
    ]
    assert pins == []


@pytest.mark.requirement("design.3-no-distro-of-ours")
def test_the_wheel_registers_no_distro_configurator_or_hook(distribution: Distribution):
    with ZipFile(distribution.wheel) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]
        groups = set(re.findall(r"^\[(.+)\]$", wheel.read(name).decode(), re.MULTILINE))
    assert {"console_scripts", "opentelemetry_instrumentor", "toolspan.commands"} <= groups
    assert groups.isdisjoint(
        {
            "opentelemetry_distro",
            "opentelemetry_configurator",
            "opentelemetry_pre_instrument",
            "opentelemetry_post_instrument",
            "opentelemetry_environment_variables",
        }
    )
