"""The collector, started for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.collector import Collector


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """The collector with this repository's configuration."""
    with Collector(tmp_path / "collector") as running:
        yield running
