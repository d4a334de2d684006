"""Which files a dataset was made of, told by their content: the same file is not read twice."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolspan.analytics.read import Source

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Origin:
    """A file that a dataset holds.

    Attributes:
        name: as it was called when it was read.
        bytes: its size then.
        digest: of its content (BLAKE2b, 128 bits).
        read_by: the version of toolspan that read it.
    """

    name: str
    bytes: int
    digest: str
    read_by: str

    def record(self) -> dict[str, Any]:
        """The origin as the manifest has it."""
        return asdict(self)


def origins_of(manifest: Mapping[str, Any]) -> list[Origin]:
    """The files that a manifest names as sources."""
    return [Origin(**origin) for origin in manifest.get("sources", ())]


def with_origin(known: Sequence[Origin], source: Source, version: str) -> tuple[list[Origin], bool]:
    """The origins with that of a source among them, and whether it is to be read.

    A file that has grown takes the place of what it was; one that this version has read is not
    read again, wherever it lies now.
    """
    earlier = [o.bytes for o in known if o.name == source.name and o.bytes < source.size]
    digest, beginnings = _digests(source.path, source.size, earlier)
    if any(o.digest == digest and o.read_by == version for o in known):
        return list(known), False
    kept = [
        o
        for o in known
        if o.digest != digest and not (o.name == source.name and o.digest in beginnings)
    ]
    return [*kept, Origin(source.name, source.size, digest, version)], True


def _digests(path: Path, size: int, lengths: Sequence[int]) -> tuple[str, frozenset[str]]:
    """The digest of the first `size` bytes, and those of some shorter beginnings."""
    state = hashlib.blake2b(digest_size=16)
    beginnings = []
    done = 0
    with path.open("rb") as file:
        for end in sorted({*lengths, size}):
            while done < end and (block := file.read(min(_BLOCK, end - done))):
                state.update(block)
                done += len(block)
            beginnings.append(state.hexdigest())
    return beginnings[-1], frozenset(beginnings[:-1])
