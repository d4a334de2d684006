"""What files have got since they were last looked at.

A file is known by its inode, so that one that was renamed (the collector's rotation) is not read
again; one that was compressed (ours) by its name and by what its content begins and goes on with.
The last line of a file that grows may not be whole yet: it is held back until it is.
"""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from toolspan.analytics.errors import InputError
from toolspan.analytics.feedback import events_beside
from toolspan.analytics.read import (
    COMPRESSIONS,
    Container,
    Piece,
    ReadSummary,
    Source,
    find_files,
    grown_pieces,
    open_bytes,
    pieces_of,
    sniff,
)

# The bytes before the place that was read to: what is the same there is the same file.
GUARD_BYTES = 256
_BLOCK = 1 << 20
# A file that is there when files are listed, and gone when it is read, makes us list them again.
_TURNS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file was read.

    Attributes:
        path: where it was when it was last looked at.
        size: in bytes, then.
        mtime_ns: its time of modification, then.
        container: what it holds.
        end: the byte of its content after the last line that was read.
        lines: how many lines that were, or None where nobody counted.
        head: the first bytes of what was read.
        guard: and the last.
    """

    path: Path
    size: int
    mtime_ns: int
    container: Container
    end: int = 0
    lines: int | None = 0
    head: bytes = b""
    guard: bytes = b""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it is now."""

    path: Path
    inode: tuple[int, int]
    size: int
    mtime_ns: int


class Growth:
    """The files that paths stand for, and how far each was read.

    Args:
        paths: files, folders and glob patterns; a folder's files are found when they appear.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]] | None) -> None:
        self._paths = paths
        self._places: dict[tuple[int, int], Place] = {}
        self.waiting_for: list[str] = []
        """Why there is nothing to read behind some of the paths yet."""

    def sources(self, summary: ReadSummary) -> list[Source]:
        """All files from their beginning, none of which was read; for what reads them at once."""
        found = []
        for seen in self._files():
            with suppress(InputError):
                container = self._container(seen, None, summary)
                if container is not None:
                    found.append(Source(seen.path, os.fspath(seen.path), container, seen.size))
        return found

    def was_read(self, sources: Sequence[Source], ends: dict[str, tuple[int, int | None]]) -> None:
        """Take note of how far sources were read.

        Args:
            sources: what `sources` gave.
            ends: of files that may grow, by resolved path: the byte after the last line, and lines.
        """
        for source in sources:
            try:
                stat = source.path.stat()
            except OSError:
                continue
            place = Place(source.path, source.size, stat.st_mtime_ns, source.container)
            if _may_grow(source.container):
                end, lines = ends.get(str(source.path.resolve()), (0, 0))
                place = _read_up_to(place, end, lines)
            self._places[stat.st_dev, stat.st_ino] = place

    def pieces(self, folder: Path, summary: ReadSummary) -> list[Piece]:
        """What came since the last time, as pieces; copies go to `folder`."""
        made: list[Piece] = []
        files: list[_Seen] = []
        for _ in range(_TURNS):
            files = self._files()
            # What was compressed just now went away, and its archive was not there before.
            if not self._add_pieces(files, made, folder, summary):
                break
        summary.bytes = sum(seen.size for seen in files)
        names = [os.fspath(seen.path) for seen in files if seen.inode in self._places]
        summary.files[:] = [name for name in names if name not in summary.not_understood]
        return made

    def _add_pieces(
        self, files: Sequence[_Seen], made: list[Piece], folder: Path, summary: ReadSummary
    ) -> bool:
        """Add what came in the files; whether one of them went away meanwhile."""
        is_one_gone = False
        for seen in files:
            place = self._places.get(seen.inode)
            if place and (place.path, place.size, place.mtime_ns) == (
                seen.path,
                seen.size,
                seen.mtime_ns,
            ):
                continue
            try:
                made += self._pieces_of(seen, place, folder, summary)
            except (InputError, OSError) as error:
                if seen.path.exists():
                    summary.not_understood[os.fspath(seen.path)] = str(error)
                is_one_gone |= not seen.path.exists()
        return is_one_gone

    def _files(self) -> list[_Seen]:
        """The files there are now, in order."""
        found: dict[Path, None] = {}
        self.waiting_for = []
        for path in self._paths or (None,):
            try:
                found.update(dict.fromkeys(find_files(None if path is None else [path])))
            except InputError as error:
                self.waiting_for.append(str(error))
        found.update(dict.fromkeys(events_beside(self._paths)))
        seen = []
        for path in found:
            try:
                stat = path.stat()
                seen.append(_Seen(path, (stat.st_dev, stat.st_ino), stat.st_size, stat.st_mtime_ns))
            except OSError:
                seen.append(_Seen(path, (0, 0), 0, 0))  # gone, which reading it will say
        return seen

    def _container(
        self, seen: _Seen, known: Place | None, summary: ReadSummary
    ) -> Container | None:
        """What a file holds; None where that is nothing we read (yet)."""
        is_known = known is not None and known.container == Container("lines")
        container = known.container if known and is_known else sniff(seen.path)
        summary.not_understood.pop(os.fspath(seen.path), None)
        if container.kind == "unknown":
            summary.not_understood[os.fspath(seen.path)] = container.reason
            return None
        return container

    def _pieces_of(
        self, seen: _Seen, known: Place | None, folder: Path, summary: ReadSummary
    ) -> list[Piece]:
        known = known if known and _holds(seen.path, seen.size, known) else None
        container = self._container(seen, known, summary)
        if container is None:
            self._places[seen.inode] = Place(
                seen.path, seen.size, seen.mtime_ns, Container("unknown")
            )
            return []
        name = os.fspath(seen.path)
        place = replace(
            known or Place(seen.path, 0, 0, container),
            path=seen.path,
            size=seen.size,
            mtime_ns=seen.mtime_ns,
            container=container,
        )
        summary.unfinished.pop(name, None)
        source = Source(seen.path, name, container, seen.size)
        if _may_grow(container):
            first_line = 0 if place.lines is None else place.lines + 1
            source = replace(source, start=place.end, first_line=first_line)
            made = list(grown_pieces(source, folder, summary))
            if made:
                lines = [place.lines, *(piece.lines for piece in made)]
                counted = None if None in lines else sum(count or 0 for count in lines)
                place = _read_up_to(place, made[-1].end, counted)
        elif container.kind == "lines" and (before := self._of_that_name(seen)):
            rest = _rest_of(source, before, folder)
            if rest is None:
                made = list(pieces_of(source, folder, summary))
            else:
                made = list(grown_pieces(rest, folder, summary))
                rest.path.unlink()
        else:
            made = list(pieces_of(source, folder, summary))
        self._places[seen.inode] = place
        return made

    def _of_that_name(self, seen: _Seen) -> Place | None:
        """What was read of the file that this one is the compressed form of."""
        name = _plain_name(seen.path)
        for place in self._places.values():
            if place.end and os.fspath(place.path) == name:
                return place
        return None


def _may_grow(container: Container) -> bool:
    """Whether lines are added to the file, so that it can be read on from where reading ended."""
    return container.kind in ("lines", "empty") and not container.is_compressed


def _read_up_to(place: Place, end: int, lines: int | None) -> Place:
    with place.path.open("rb") as file:
        head = file.read(min(end, GUARD_BYTES))
        file.seek(max(0, end - GUARD_BYTES))
        guard = file.read(min(end, GUARD_BYTES))
    return replace(place, end=end, lines=lines, head=head, guard=guard)


def _holds(path: Path, size: int, place: Place) -> bool:
    """Whether what was read is still there; else another file took its place."""
    if not _may_grow(place.container):
        return True
    if size < place.end:
        return False
    try:
        now = _read_up_to(replace(place, path=path), place.end, place.lines)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    return (now.head, now.guard) == (place.head, place.guard)


def _rest_of(source: Source, before: Place, folder: Path) -> Source | None:
    """What an archive holds beyond what was read before it was one; None if that is not in it."""
    handle, name = tempfile.mkstemp(suffix=".jsonl", dir=folder)
    path, size = Path(name), 0
    with open(handle, "wb") as out, open_bytes(source.path) as file:  # noqa: PTH123 it is open
        if not _passed(file, before):
            path.unlink()
            return None
        while block := file.read(_BLOCK):
            size += out.write(block)
    first_line = 0 if before.lines is None else before.lines + 1
    return Source(path, source.name, Container("lines"), size, first_line=first_line)


def _passed(file: BinaryIO, before: Place) -> bool:
    """Read past what was read before; whether that is what stands there."""
    found = file.read(len(before.head))
    if found != before.head:
        return False
    left = before.end - len(found)
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        left -= len(block)
        found = (found + block)[-GUARD_BYTES:]
    return not left and found.endswith(before.guard)


def _plain_name(path: Path) -> str:
    """The path without what a compression adds to it."""
    text = os.fspath(path)
    for ending in COMPRESSIONS:
        if ending and text.endswith(ending):
            return text.removesuffix(ending)
    return text


__all__ = ["Growth"]
