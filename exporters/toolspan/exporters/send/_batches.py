"""So many records as go into one request, and how far in the files they reach."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from toolspan.exporters.send._records import Record, Signal

# What the OpenTelemetry SDK puts into one request.
MAX_RECORDS: Final = 512
# Receivers of gRPC refuse more than 4 MiB by default.
MAX_BYTES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: `records` of the line that begins at byte `line` lie before it."""

    line: int = 0
    records: int = 0


@dataclass(slots=True)
class Batch:
    """Records of one signal for one request.

    Attributes:
        signal: what they are.
        records: the records, in the order of the files.
        reached: up to which place each file (by fingerprint) is done when this batch is.
    """

    signal: Signal
    records: list[Record] = field(default_factory=list)
    reached: dict[str, Place] = field(default_factory=dict)

    def halves(self) -> "tuple[Batch, Batch]":
        """Two batches of about half the records each; the second reaches what this one does."""
        middle = len(self.records) // 2
        return (
            Batch(self.signal, self.records[:middle]),
            Batch(self.signal, self.records[middle:], self.reached),
        )


def batches_of(
    records: Iterable[tuple[Record, str, Place]],
    *,
    max_records: int = MAX_RECORDS,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Batch]:
    """The records in batches that are full by number or by size, or end where the signal changes.

    Args:
        records: each with the fingerprint of its file and the place after it.
        max_records: of one batch.
        max_bytes: about that size; a record that is larger makes a batch of its own.
    """
    batch: Batch | None = None
    size = 0
    envelopes: set[tuple[bytes, bytes]] = set()
    for record, fingerprint, place in records:
        added = record.size
        envelope = (record.resource, record.scope)
        if envelope not in envelopes:
            added += len(record.resource) + len(record.scope)
        if batch is not None and (
            record.signal is not batch.signal
            or len(batch.records) >= max_records
            or size + added > max_bytes
        ):
            yield batch
            batch = None
        if batch is None:
            batch, size, envelopes = Batch(record.signal), 0, set()
            added = record.size + len(record.resource) + len(record.scope)
        batch.records.append(record)
        batch.reached[fingerprint] = place
        envelopes.add(envelope)
        size += added
    if batch is not None:
        yield batch
