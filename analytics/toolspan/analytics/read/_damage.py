"""What could not be read, where it was, and what became of the rest."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

KINDS = (
    "invalid_json",
    "invalid_utf8",
    "lone_surrogate",
    "invalid_span",
    "invalid_protobuf",
    "not_otlp",
    "missing_field",
    "unknown_status",
    "truncated_archive",
    "too_long",
)


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged place.

    Attributes:
        file: path of the file, as it was named.
        line: number of the line, from 1.
        byte: offset in the (decompressed) file, from 0, at which the damaged line begins, or
            within a line that is otherwise sound the damaged text. 0 with line 0: the whole file.
        kind: a stable word, one of `KINDS`.
        reason: what was found, in a sentence.
    """

    file: str
    line: int
    byte: int
    kind: str
    reason: str


@dataclass(slots=True)
class ReadSummary:
    """What was read, and what was not.

    Attributes:
        files: the files that spans or events were looked for in, by the names they were given.
        not_understood: files that hold nothing we know, with what they seem to be.
        damages: every damaged place.
        kept_damages: those in the files that a dataset was made of, as it tells; in `damages` when
            all is read.
        unfinished: files whose last line has no end yet, with its length in bytes: held back.
        spans_delivered: spans as they stood in the files.
        spans: different spans among them.
        bytes: size of the files on disk.
        bytes_read: how many of them were read this time, and not known from the time before.
    """

    files: list[str] = field(default_factory=list)
    not_understood: dict[str, str] = field(default_factory=dict)
    damages: list[Damage] = field(default_factory=list)
    kept_damages: list[Damage] = field(default_factory=list)
    unfinished: dict[str, int] = field(default_factory=dict)
    spans_delivered: int = 0
    spans: int = 0
    bytes: int = 0
    bytes_read: int = 0

    def notes(self) -> list[str]:
        """One line for each thing worth knowing about the input; none if all is well."""
        found = []
        if self.damages:
            places = Counter(damage.kind for damage in self.damages)
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(places.items()))
            place = self.damages[0]
            found.append(
                f"{_count(len(self.damages), 'damaged place')} ({kinds}); the first: {place.file}, "
                f"line {place.line}, byte {place.byte}: {place.reason}"
            )
        found += [
            f"{path}: the last line has no end yet, {size} bytes held back"
            for path, size in self.unfinished.items()
        ]
        if self.not_understood:
            first, what = next(iter(self.not_understood.items()))
            number = len(self.not_understood)
            found.append(
                f"{_count(number, 'file')} left out: {first}: {what}"
                + (f" (and {number - 1} more)" if number > 1 else "")
            )
        if self.spans_delivered > self.spans:
            found.append(
                f"{_count(self.spans_delivered - self.spans, 'span')} delivered more than once, "
                "counted once"
            )
        return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def by_kind(damages: Iterable[Damage]) -> dict[str, int]:
    """How many damaged places of each kind."""
    return dict(sorted(Counter(damage.kind for damage in damages).items()))
