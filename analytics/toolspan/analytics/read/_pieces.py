"""From files of any form to pieces of sound or at least plausible OTLP/JSON lines.

A piece is what the engine reads at one go: a file as it is, or a copy of some of its lines. Big
files become several pieces, so memory stays bounded at any size.
"""

import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolspan.analytics.read._damage import Damage, ReadSummary
from toolspan.analytics.read._decode import Decoder, is_whole
from toolspan.analytics.read._kept import LOG_RECORDS, SPANS, folder_of, log_lines
from toolspan.analytics.read._lines import (
    READ_ERRORS,
    Line,
    TruncatedArchiveError,
    frames_of,
    lines_of,
    open_bytes,
    open_raw,
    unfinished_tail,
)
from toolspan.analytics.read._sniff import Container
from toolspan.analytics.read._tables import rows_of

PIECE_BYTES = 256 << 20
# Compressed files up to this size are left to the engine, which decompresses them itself.
SMALL_ARCHIVE_BYTES = 6 << 20
_EXPANSION = 16
# What files of a dataset are.
KEPT_SPANS, KEPT_LOG_RECORDS = f"kept_{SPANS}", f"kept_{LOG_RECORDS}"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, or what was added to it.

    Attributes:
        path: where it is.
        name: how the user calls it.
        container: what it holds.
        size: in bytes, when it was looked at.
        start: the byte to begin at; 0 unless an earlier part is known already.
        first_line: the number of the line at `start`, or 0 where it would have to be counted.
    """

    path: Path
    name: str
    container: Container
    size: int
    start: int = 0
    first_line: int = 1

    @property
    def folder(self) -> Path:
        """The folder whose files are read together with it."""
        return folder_of(self.path)

    @property
    def weight(self) -> int:
        """Roughly how many bytes of JSON there are to read."""
        return (self.size - self.start) * (_EXPANSION if self.container.is_compressed else 1)


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines the engine can read.

    Attributes:
        path: the file to read them from.
        source: where they come from.
        start: the byte of the source's content they begin at.
        end: and the byte they end before.
        first_line: the number of the first line.
        lines: how many there are, or None where nobody counted.
        tails: unfinished last lines within `path`, which the engine will find damaged (0 or 1).
        is_copy: whether `path` is ours to delete.
        is_repaired: whether the tolerant decoder wrote it.
        weight: roughly how many bytes of JSON it is.
    """

    path: Path
    source: Source
    start: int
    end: int
    first_line: int = 1
    lines: int | None = None
    tails: int = 0
    is_copy: bool = False
    is_repaired: bool = False
    weight: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether it is spans of a dataset, and no lines."""
        return self.source.container.kind == KEPT_SPANS and not self.is_copy


def pieces_of(source: Source, folder: Path, summary: ReadSummary) -> Iterator[Piece]:
    """The pieces of a source, one after another; copies go to `folder`."""
    kind, compressed = source.container.kind, source.container.is_compressed
    if kind == "empty":
        return
    if kind == KEPT_SPANS:
        yield Piece(source.path, source, 0, source.size, weight=source.weight)
    elif kind not in ("lines", "unknown"):
        yield from _decoded(source, folder, summary)
    elif compressed and source.size <= SMALL_ARCHIVE_BYTES and _is_named_so(source.path):
        yield Piece(source.path, source, 0, source.size, weight=source.weight)
    elif compressed or source.start or source.size > PIECE_BYTES:
        yield from _copied(source, folder, summary)
    else:
        yield _direct(source, summary)


def _is_named_so(path: Path) -> bool:
    """Whether the engine will know from the name how the file is compressed."""
    with open_raw(path) as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return path.name.endswith(".gz" if is_gzip else ".zst")


def _direct(source: Source, summary: ReadSummary) -> Piece:
    end, tails = source.size, 0
    tail = unfinished_tail(source.path, source.size)
    if tail:
        with open_raw(source.path) as file:
            file.seek(source.size - tail)
            text = file.read(tail)
        if text.strip() and not is_whole(text):
            summary.unfinished[source.name] = tail
            end, tails = source.size - tail, 1
    return Piece(source.path, source, 0, end, tails=tails, weight=source.size)


def _copied(source: Source, folder: Path, summary: ReadSummary) -> Iterator[Piece]:
    """The lines of a big or grown file, as they are."""
    lines = lines_of(source.path, source.start, source.first_line)
    start, first_line = source.start, source.first_line
    is_counted = first_line > 0
    is_over = False
    while not is_over:
        path = _new_file(folder)
        size = count = 0
        with path.open("wb") as out:
            while size < PIECE_BYTES:
                line = _next(lines, source, summary)
                if line is None or (not line.is_terminated and _is_tail(line, source, summary)):
                    is_over = True
                    break
                # What was written after the file was looked at is for the next time.
                if not source.container.is_compressed and line.byte >= source.size:
                    is_over = True
                    break
                out.write(line.text)
                size += len(line.text)
                count += 1
        if not count:
            path.unlink()
            return
        yield Piece(path, source, start, start + size, first_line, count, is_copy=True, weight=size)
        start, first_line = start + size, first_line + count if is_counted else 0


def grown_pieces(source: Source, folder: Path, summary: ReadSummary) -> Iterator[Piece]:
    """The lines that a file of lines has from `source.start` on, always as copies."""
    return _copied(source, folder, summary)


def copied(piece: Piece, folder: Path, summary: ReadSummary) -> list[Piece]:
    """A piece that was read as it lay, as copies of just the lines it should have had."""
    summary.unfinished.pop(piece.source.name, None)
    return list(_copied(piece.source, folder, summary))


def _next(lines: Iterator[Line], source: Source, summary: ReadSummary) -> Line | None:
    try:
        return next(lines, None)
    except TruncatedArchiveError as error:
        summary.damages.append(Damage(source.name, 0, 0, "truncated_archive", str(error)))
        return None


def _is_tail(line: Line, source: Source, summary: ReadSummary) -> bool:
    """Whether the last line is not finished yet; then it is held back and said."""
    if not line.text.strip() or is_whole(line.text):
        return False
    summary.unfinished[source.name] = len(line.text)
    return True


def _decoded(source: Source, folder: Path, summary: ReadSummary) -> Iterator[Piece]:
    """The content of a file of another form, decoded here."""
    decoder = Decoder(source.name, summary.damages.append)
    made = _document(source, decoder, summary) if source.container.kind == "document" else None
    if source.container.kind == KEPT_LOG_RECORDS:
        made = log_lines(source.path)
    elif source.container.kind == "protobuf":
        made = decoder.message(_whole(source, summary))
    if made is None:
        made = _decode_lines(_lines(source, folder), source, decoder, summary)
    first = next(made, None)
    if first is None:
        if not decoder.understood and not summary.unfinished.get(source.name):
            _forget(source, summary)
        return
    made = itertools.chain((first,), made)
    for number in itertools.count():
        path = _new_file(folder)
        size = 0
        with path.open("wb") as out:
            for text in made:
                size += out.write(text) + out.write(b"\n")
                if size >= PIECE_BYTES:
                    break
        if not size:
            path.unlink()
            return
        yield Piece(path, source, number, number + 1, is_copy=True, is_repaired=True, weight=size)


def _forget(source: Source, summary: ReadSummary) -> None:
    """A file in which nothing at all was understood is no traces: not damaged, another thing."""
    mine = [damage for damage in summary.damages if damage.file == source.name]
    reason = mine[0].reason if mine else "there is nothing in it"
    if mine and mine[0].kind == "invalid_json":
        reason = f"it is no JSON: {reason}"
    summary.damages[:] = [damage for damage in summary.damages if damage.file != source.name]
    summary.not_understood[source.name] = reason
    if source.name in summary.files:
        summary.files.remove(source.name)


def _document(source: Source, decoder: Decoder, summary: ReadSummary) -> Iterator[bytes] | None:
    with open_bytes(source.path) as file:
        try:
            content = file.read()
        except READ_ERRORS as error:
            summary.damages.append(Damage(source.name, 0, 0, "truncated_archive", str(error)))
            return iter(())
    made = decoder.document(content.decode("utf-8-sig", "replace"))
    return itertools.chain(made, decoder.rest())


def _whole(source: Source, summary: ReadSummary) -> Line:
    """The content of a file as one; of an archive that is cut off, what is there."""
    blocks = []
    with open_bytes(source.path) as file:
        try:
            while block := file.read(1 << 16):
                blocks.append(block)
        except READ_ERRORS as error:
            summary.damages.append(Damage(source.name, 0, 0, "truncated_archive", str(error)))
    return Line(1, 0, b"".join(blocks), is_terminated=True)


def _lines(source: Source, folder: Path) -> Iterator[Line]:
    """What of the content is decoded one by one."""
    if source.container.kind == "table":
        return rows_of(source.path, folder, is_compressed=source.container.is_compressed)
    if source.container.kind.startswith("framed"):
        return frames_of(source.path)
    return lines_of(source.path)


def _decode_lines(
    lines: Iterator[Line], source: Source, decoder: Decoder, summary: ReadSummary
) -> Iterator[bytes]:
    decode = decoder.message if source.container.kind == "framed_protobuf" else decoder.decode
    while line := _next(lines, source, summary):
        if line.is_terminated or not _is_tail(line, source, summary):
            yield from decode(line)
    yield from decoder.rest()


def repaired(piece: Piece, folder: Path, summary: ReadSummary) -> Piece:
    """The piece with every line decoded anew; damage goes into `summary`."""
    path = _new_file(folder)
    decoder = Decoder(piece.source.name, summary.damages.append)
    first_line = piece.first_line or 1 + _count_lines(piece.source.path, piece.start)
    lines = lines_of(piece.path, first_number=first_line)
    size = 0
    with path.open("wb") as out:
        while line := _next(lines, piece.source, summary):
            if (
                not piece.is_copy
                and not line.is_terminated
                and _is_tail(line, piece.source, summary)
            ):
                break
            place = Line(line.number, line.byte + piece.start, line.text, line.is_terminated)
            for text in decoder.decode(place):
                size += out.write(text) + out.write(b"\n")
    return Piece(
        path,
        piece.source,
        piece.start,
        piece.end,
        piece.first_line,
        is_copy=True,
        is_repaired=True,
        weight=size,
    )


def _count_lines(path: Path, end: int) -> int:
    """How many lines end before byte `end`."""
    count = 0
    with open_raw(path) as file:
        while end > 0 and (block := file.read(min(end, 1 << 20))):
            count += block.count(b"\n")
            end -= len(block)
    return count


def _new_file(folder: Path) -> Path:
    handle, name = tempfile.mkstemp(suffix=".jsonl", dir=folder)
    os.close(handle)
    return Path(name)


__all__ = ["Piece", "Source", "copied", "grown_pieces", "pieces_of", "repaired"]


def in_batches(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Pieces that are read together, so that memory stays bounded."""
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        if batch and size + piece.weight > PIECE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(piece)
        size += piece.weight
    if batch:
        yield batch
