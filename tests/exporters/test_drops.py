"""What is lost is counted once, whatever the log does with the news."""

import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, Reason


class Raising(logging.Filter):
    """A filter of the program that fails, for the first line or for that of the resumption."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level
        self.seen = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == self.level:
            self.seen += 1
            raise RuntimeError("the program's own")
        return True


@pytest.fixture(params=[logging.WARNING, logging.INFO], ids=["when it begins", "when it is over"])
def raising(request: pytest.FixtureRequest) -> Iterator[Raising]:
    logger = logging.getLogger("toolspan.exporters")
    level, filter_ = logger.level, Raising(request.param)
    logger.setLevel(logging.INFO)
    logger.addFilter(filter_)
    yield filter_
    logger.removeFilter(filter_)
    logger.setLevel(level)


def test_a_log_that_raises_changes_no_count(
    directory: Path,
    provider: TracerProvider,
    raising: Raising,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        tracer.start_span("lost").end()
    tracer.start_span("kept").end()
    assert raising.seen == 1
    assert [span["name"] for span in otlp_json_spans(directory)] == ["kept"]
    assert (processor.stats().written, processor.stats().dropped) == (1, {Reason.DISK_FULL: 1})
