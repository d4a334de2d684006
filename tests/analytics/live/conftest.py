"""A folder of span files that grow, what follows it, and who writes there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.following import Writer
from toolspan.analytics import LiveTraces, follow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spans"
    made.mkdir()
    return made


@pytest.fixture
def followed(folder: Path) -> Iterator[LiveTraces]:
    with follow(folder, cache=False) as traces:
        yield traces


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Writer]]:
    """Starts writers into the folder; they are gone when the test ends."""
    writers: list[Writer] = []

    def made(*more: str, **how: Any) -> Writer:
        writers.append(Writer(folder, *more, **how))
        return writers[-1]

    yield made
    for writer in writers:
        writer.kill()
