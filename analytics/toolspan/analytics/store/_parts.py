"""Parts on disk: which files they hold, whether they still hold, and how they come to be.

    <cache>/<fingerprint>/<digest of the files' folder>/part-<digest>/
        part.json         what was read, with digests to tell whether it is still so
        resolved.parquet, tool_call.parquet, ...
    <cache>/<fingerprint>/shared/<digest of parts>/
        0-resolved.parquet, ...    traces that several parts share, resolved again

A part is written into a folder of another name and then renamed: what has its name is whole,
whatever crashes, and of two processes that write the same one either may win.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from toolspan.analytics.engine import PACKAGE
from toolspan.analytics.read import Damage, Piece, Source, folder_of

CACHE_DIR_VARIABLE = "TOOLSPAN_CACHE_DIR"
SCHEMA = 2
HEAD_BYTES = 4096
GUARD_BYTES = 256
# Parts nobody could use any more are removed, but not under the hands of another process.
STALE_AFTER_S = 3600


def cache_directory() -> Path:
    """Where parts are kept unless said otherwise: `$TOOLSPAN_CACHE_DIR` or the user's cache."""
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "toolspan"


@cache
def fingerprint() -> str:
    """A digest of everything that decides what a part looks like: our code and the engine's."""
    import duckdb

    digest = hashlib.blake2b(f"{SCHEMA} {duckdb.__version__}".encode(), digest_size=8)
    for folder in ("engine", "read", "dialects", "model"):
        for path in sorted(PACKAGE.joinpath(folder).rglob("*")):
            if path.suffix in (".py", ".sql"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a file that a part holds.

    Attributes:
        path: of the file, absolute.
        size: of the file when it was read.
        mtime_ns: its time of modification then.
        head: digest of its first bytes.
        guard: digest of the bytes before `end`.
        start: first byte of the content that is held (a number of its own for other forms).
        end: and the byte after the last.
        lines: how many lines that are, or None where nobody counted.
        is_open: whether more may follow behind `end`; else `is_last` says where the file ends.
        is_last: whether the content ends here.
    """

    path: str
    size: int
    mtime_ns: int
    head: str
    guard: str
    start: int
    end: int
    lines: int | None
    is_open: bool
    is_last: bool

    def still_holds(self, size: int, mtime_ns: int) -> bool:
        """Whether the file still begins with, or is, what was read."""
        if not self.is_open or size == self.size:
            if (size, mtime_ns) != (self.size, self.mtime_ns):
                return False
        elif size < self.end:
            return False
        path = Path(self.path)
        return _head(path, self.end if self.is_open else self.size) == self.head and (
            not self.is_open or _guard(path, self.end) == self.guard
        )


def segment_of(piece: Piece, *, is_last: bool) -> Segment:
    """The stretch that a piece was read from."""
    source = piece.source
    stat = source.path.stat()
    is_open = source.container.kind == "lines" and not source.container.is_compressed
    return Segment(
        path=str(source.path.resolve()),
        size=source.size,
        mtime_ns=stat.st_mtime_ns if stat.st_size == source.size else 0,
        head=_head(source.path, piece.end if is_open else source.size),
        guard=_guard(source.path, piece.end) if is_open else "",
        start=piece.start,
        end=piece.end,
        lines=piece.lines,
        is_open=is_open,
        is_last=is_last,
    )


def _head(path: Path, length: int) -> str:
    return _digest_at(path, 0, min(length, HEAD_BYTES))


def _guard(path: Path, end: int) -> str:
    start = max(0, end - GUARD_BYTES)
    return _digest_at(path, start, end - start)


def _digest_at(path: Path, start: int, length: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(length)
    return hashlib.blake2b(data, digest_size=8).hexdigest() if len(data) == length else ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part on disk.

    Attributes:
        folder: where it is.
        segments: what it holds.
        delivered: spans as they stood in the files.
        damages: the damaged places found in them.
    """

    folder: Path
    segments: tuple[Segment, ...]
    delivered: int
    damages: tuple[Damage, ...] = ()

    @property
    def source_folder(self) -> Path:
        """The folder of the files that it holds."""
        return folder_of(Path(self.segments[0].path))

    def table(self, name: str) -> Path:
        """The file of one of the part's tables."""
        return self.folder / f"{name}.parquet"


@dataclass(slots=True)
class Plan:
    """What is known of some sources, and what has to be read."""

    parts: list[Part] = field(default_factory=list)
    pending: list[Source] = field(default_factory=list)


class PartStore:
    """The parts below one cache folder.

    Args:
        root: the cache folder; it is made when the first part is.
    """

    def __init__(self, root: Path) -> None:
        self._root = root / fingerprint()

    def plan(self, sources: Sequence[Source]) -> Plan:
        """Find the parts that hold of these sources, and nothing else."""
        wanted = {str(source.path.resolve()): source for source in sources}
        known = list(self._known({folder_of(Path(path)) for path in wanted}))
        # Of parts that hold the same, the one that was merged of others comes first for each file:
        # chosen for some files only, it would be of no use, and the others neither.
        usable = sorted(
            (part for part in known if _holds(part, wanted)), key=lambda part: -len(part.segments)
        )
        while True:
            chains = {path: _chain(path, source, usable) for path, source in wanted.items()}
            chosen = {id(segment) for chain in chains.values() for segment in chain}
            kept = [p for p in usable if all(id(segment) in chosen for segment in p.segments)]
            if len(kept) == len(usable):
                break
            usable = kept
        self._forget(known, usable)
        pending = [
            rest
            for path, source in wanted.items()
            if (rest := _rest(source, chains[path])) is not None
        ]
        return Plan(usable, pending)

    def _known(self, folders: Iterable[Path]) -> Iterator[Part]:
        for folder in folders:
            for path in sorted(self._folder(folder).glob("part-*/part.json")):
                part = _load(path)
                if part is not None:
                    yield part
                else:
                    # Harmed from outside: out of the way of the one that will be made again.
                    shutil.rmtree(path.parent, ignore_errors=True)

    def _folder(self, folder: Path) -> Path:
        name = hashlib.blake2b(str(folder).encode(), digest_size=8).hexdigest()
        return self._root / name

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """A folder to write a part into; gone afterwards unless it was moved to its place."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix="new-", dir=self._root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def add(
        self,
        folder: Path,
        segments: Sequence[Segment],
        delivered: int,
        damages: Sequence[Damage],
    ) -> Part:
        """Give a folder that was written its place."""
        text = json.dumps(
            {
                "segments": [asdict(segment) for segment in segments],
                "delivered": delivered,
                "damages": [asdict(damage) for damage in damages],
                "tables": _sizes(folder),
            }
        )
        folder.joinpath("part.json").write_text(text, encoding="utf-8")
        name = hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
        place = self._folder(folder_of(Path(segments[0].path))) / f"part-{name}"
        _move(folder, place)
        return Part(place, tuple(segments), delivered, tuple(damages))

    def shared(self, parts: Sequence[Part]) -> Path | None:
        """The folder of the traces that these parts share, if it was made before."""
        place = self._shared(parts)
        try:
            sizes = json.loads(place.joinpath("tables.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            sizes = None
        if sizes is not None and sizes == _sizes(place):
            return place
        shutil.rmtree(place, ignore_errors=True)
        return None

    def _shared(self, parts: Sequence[Part]) -> Path:
        names = "\n".join(sorted(part.folder.name for part in parts))
        return self._root / "shared" / hashlib.blake2b(names.encode(), digest_size=10).hexdigest()

    def place_shared(self, folder: Path, parts: Sequence[Part]) -> Path:
        """Give a folder of shared traces its place."""
        place = self._shared(parts)
        folder.joinpath("tables.json").write_text(json.dumps(_sizes(folder)), encoding="utf-8")
        _move(folder, place)
        return place

    def _forget(self, known: Sequence[Part], usable: Sequence[Part]) -> None:
        """Remove parts whose files have changed or gone, if they are not fresh."""
        kept = {part.folder for part in usable}
        for part in known:
            if part.folder in kept or all(s.still_there() for s in map(_File, part.segments)):
                continue
            if time.time() - part.folder.stat().st_mtime > STALE_AFTER_S:
                shutil.rmtree(part.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _File:
    """The file of a segment, looked at anew."""

    segment: Segment

    def still_there(self) -> bool:
        try:
            stat = Path(self.segment.path).stat()
            return self.segment.still_holds(stat.st_size, stat.st_mtime_ns)
        except OSError:
            return False


def _sizes(folder: Path) -> dict[str, int]:
    """The tables in a folder, with their sizes: what was cut or lost since shows in them."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.parquet"))}


def _move(folder: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        folder.rename(place)
    except OSError:
        # Another process was quicker and wrote the same.
        if not place.exists():
            raise


def _load(path: Path) -> Part | None:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["tables"] != _sizes(path.parent):
            return None
        return Part(
            path.parent,
            tuple(Segment(**segment) for segment in data["segments"]),
            data["delivered"],
            tuple(Damage(**damage) for damage in data["damages"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _holds(part: Part, wanted: dict[str, Source]) -> bool:
    for segment in part.segments:
        if segment.path not in wanted:
            return False
    return all(_File(segment).still_there() for segment in part.segments)


def _chain(path: str, source: Source, parts: Sequence[Part]) -> list[Segment]:
    """Segments of the file that follow one another from its beginning."""
    mine = [segment for part in parts for segment in part.segments if segment.path == path]
    chain: list[Segment] = []
    position = 0
    while True:
        following = [segment for segment in mine if segment.start == position]
        if not following:
            break
        chain.append(max(following, key=lambda segment: segment.end))
        position = chain[-1].end
        if chain[-1].is_last and not chain[-1].is_open:
            break
    is_whole = chain and (chain[-1].is_open or chain[-1].is_last)
    return chain if is_whole and source.container.kind != "empty" else []


def _rest(source: Source, chain: Sequence[Segment]) -> Source | None:
    """What of the source still has to be read."""
    if not chain:
        return source if source.container.kind != "empty" else None
    if not chain[-1].is_open:
        return None
    known = chain[-1].end
    if known >= source.size:
        return None
    counts = [segment.lines for segment in chain]
    first_line = 0 if None in counts else 1 + sum(count or 0 for count in counts)
    return Source(source.path, source.name, source.container, source.size, known, first_line)
