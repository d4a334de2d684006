"""Each batch until it is accepted, refused or given up, and what became of all of them."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from toolspan.exporters.send._batches import MAX_BYTES, MAX_RECORDS, Batch, Place, batches_of
from toolspan.exporters.send._files import UsageError
from toolspan.exporters.send._lines import Line, LineFile
from toolspan.exporters.send._records import NotOtlpError, Record, Signal, records_of
from toolspan.exporters.send._transports import (
    Accepted,
    RefusedError,
    RetryableError,
    TooLargeError,
    Transport,
    UnusableError,
)

_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 15.0
_JITTER: Final = 0.2


class GivenUpError(Exception):
    """The endpoint did not take a batch in the time it was given, or takes none of ours."""


@dataclass(slots=True)
class Tally:
    """What became of the records.

    Attributes:
        sent: accepted by the endpoint, by signal.
        refused: not accepted, and never will be, by signal.
        refusals: what the endpoint said of these, with counts.
        unsupported: left out because the endpoint has no service for their signal.
        damaged: places in the files that could not be read, first come first.
        held_back: files whose last line has no end yet, with its length in bytes.
        retries: requests that were sent once more.
        skipped: records that an earlier run had sent.
    """

    sent: Counter[Signal] = field(default_factory=Counter)
    refused: Counter[Signal] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[Signal] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)
    held_back: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    skipped: int = 0


class Sender:
    """Sends the records of files through a transport.

    Args:
        transport: the way to the endpoint.
        places: how far each file, by fingerprint, was sent before.
        reached: called with new places each time a batch is done.
        signals: what to send; other records are passed over.
        retry_for_s: how long to go on trying one batch.
        max_records, max_bytes: of one request.
        progressed: called with the bytes on the disk that are done, the records sent, and what
            is being waited for.
        wait: sleeps so many seconds.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        places: Mapping[str, Place] | None = None,
        reached: Callable[[Mapping[str, Place]], None] = lambda _: None,
        signals: Sequence[Signal] = tuple(Signal),
        retry_for_s: float = 60.0,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        progressed: Callable[[int, int, str], None] = lambda _bytes, _records, _note: None,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self._transport = transport
        self._places = dict(places or {})
        self._reached = reached
        self._signals = frozenset(signals)
        self._without_service: set[Signal] = set()
        self._retry_for_s = retry_for_s
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._progressed = progressed
        self._wait = wait
        self._clock = clock
        self._read_bytes = 0

    def send(self, files: Sequence[LineFile]) -> None:
        """Send everything in `files`.

        Raises:
            GivenUpError: the endpoint takes nothing more; `tally` says how far we got.
        """
        for batch in batches_of(
            self._records(files), max_records=self._max_records, max_bytes=self._max_bytes
        ):
            self._deliver(batch)
            self._reached(batch.reached)
            self._progressed(self._read_bytes, self.tally.sent.total(), "")

    def _records(self, files: Sequence[LineFile]) -> Iterator[tuple[Record, str, Place]]:
        read_before = 0
        for file in files:
            start = self._places.get(file.fingerprint, Place())
            for line in self._lines(file, start):
                self._read_bytes = read_before + file.consumed
                try:
                    found = list(records_of(line.text, self._transport.encoding))
                except ValueError as error:
                    if not line.is_terminated and not isinstance(error, NotOtlpError):
                        self.tally.held_back[str(file.path)] = len(line.text)
                    else:
                        self._damage(file, line, str(error))
                    continue
                skip = start.records if line.start == start.line else 0
                self.tally.skipped += min(skip, len(found))
                for number, record in enumerate(found[skip:], start=skip + 1):
                    if isinstance(record, ValueError):
                        self._damage(file, line, f"record {number}: {record}")
                    elif record.signal in self._without_service:
                        self.tally.unsupported[record.signal] += 1
                    elif record.signal in self._signals:
                        is_last = number == len(found)
                        place = Place(line.end) if is_last else Place(line.start, number)
                        yield record, file.fingerprint, place
            if file.is_cut_off:
                self.tally.damaged.append(f"{file.path}: the archive is cut off")
            read_before += file.size

    def _lines(self, file: LineFile, start: Place) -> Iterator[Line]:
        try:
            yield from file.lines(start.line)
        except UsageError as error:  # removed since we looked at it
            self.tally.damaged.append(str(error))

    def _damage(self, file: LineFile, line: Line, reason: str) -> None:
        self.tally.damaged.append(f"{file.path}, byte {line.start}: {reason}")

    def _deliver(self, batch: Batch) -> None:
        count = len(batch.records)
        body = self._transport.encoding.request(batch.records)
        try:
            accepted = self._until_answered(batch.signal, body)
        except TooLargeError as error:
            if count > 1:
                for half in batch.halves():
                    self._deliver(half)
            else:
                self._refuse(batch.signal, 1, str(error))
        except RefusedError as error:
            self._refuse(batch.signal, count, str(error))
        except UnusableError as error:
            if not (error.is_missing_service and batch.signal is Signal.LOGS):
                raise GivenUpError(str(error)) from None
            self._without_service.add(Signal.LOGS)
            self.tally.unsupported[Signal.LOGS] += count
        else:
            self.tally.sent[batch.signal] += count - accepted.rejected
            if accepted.rejected:
                self._refuse(batch.signal, accepted.rejected, accepted.message)

    def _refuse(self, signal: Signal, count: int, message: str) -> None:
        self.tally.refused[signal] += count
        self.tally.refusals[message or "(no reason given)"] += count

    def _until_answered(self, signal: Signal, body: bytes) -> Accepted:
        """The answer to the request, after as many tries as the time allows.

        Raises:
            GivenUpError: none came in time.
        """
        begun = self._clock()
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                return self._transport.send(signal, body)
            except RetryableError as error:
                pause_s = error.after_s
                if pause_s is None:
                    # Jitter, so that many senders do not come back at the same moment.
                    pause_s = wait_s * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
                if self._clock() - begun + pause_s > self._retry_for_s:
                    raise GivenUpError(str(error)) from None
                self._progressed(
                    self._read_bytes, self.tally.sent.total(), f"retry in {pause_s:.1f} s: {error}"
                )
            self.tally.retries += 1
            self._wait(pause_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
