"""Objects in stores (`s3://`, `gs://`, `memory://`, ...): found and copied through fsspec.

What reads files seeks in them, guesses from their first bytes, and hands them to the engine; so an
object is copied once, and again only when its store says that it is another one.
"""

import atexit
import functools
import glob
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from toolspan.analytics.errors import InputError
from toolspan.analytics.read._kept import KEPT_TABLES, MANIFEST

HOW_TO_GET_IT = "pip install 'toolspan[object-stores]'"
_URL = re.compile(r"[a-z][a-z0-9+.:-]+://", re.IGNORECASE)
# What stores call that by which a changed object is told from the one it was.
_IDENTITY = (
    "ETag", "etag", "md5Hash", "generation", "LastModified", "last_modified", "mtime", "updated",
    "created",
)  # fmt: skip
_AT_ONCE = 64
# Of a dataset its tables; a store has each of them whole or not at all.
_KEPT = re.compile(rf"/({'|'.join(KEPT_TABLES)})/date=[^/]*/[^/]*\.parquet$")

_names: dict[Path, str] = {}


def is_url(path: str) -> bool:
    """Whether the path is an object's or a prefix's, and not one of this machine."""
    return bool(_URL.match(path))


def local_path(path: str) -> str:
    """The path itself, or for `file://` what it stands for."""
    parts = urlsplit(path)
    return unquote(parts.path) if parts.scheme == "file" else path


def name_of(path: Path) -> str:
    """What the user calls a file: for a copy, the object it is of."""
    return _names.get(path, str(path))


def fetched(url: str, suffixes: tuple[str, ...], folder: Path | None) -> list[Path]:
    """Copies of the objects that a URL stands for, in order.

    Args:
        url: of an object, of a prefix (searched with all below), or a pattern.
        suffixes: what names of objects below a prefix end with.
        folder: where copies are kept; None for as long as the process lives.

    Raises:
        InputError: nothing is there, or it cannot be read.
    """
    try:
        import fsspec
    except ModuleNotFoundError as error:
        raise InputError(f"{url}: to read from object stores takes: {HOW_TO_GET_IT}") from error
    try:
        store, path = fsspec.url_to_fs(url)
        # Listings are kept by some stores; ours may be an hour old in a notebook.
        store.invalidate_cache()
        found = dict(sorted(_found(store, path, suffixes)))
        copies = _copies(store, found, folder or _for_now())
    except FileNotFoundError as error:
        raise InputError(f"{url}: no such object or prefix") from error
    except ImportError as error:
        raise InputError(f"{url}: its store takes another package: {error}") from error
    except Exception as error:
        # Each store has errors of its own.
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(f"{url}: {type(error).__name__}: {reason}") from error
    if not copies:
        raise InputError(f"{url}: no span files there (looked for {', '.join(suffixes)})")
    return copies


def _found(
    store: Any, path: str, suffixes: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The paths of objects, with what the store says of each."""
    if glob.has_magic(path):
        for match, info in store.glob(path, detail=True).items():
            yield from _below(store, match, info, suffixes)
    else:
        yield from _below(store, path, store.info(path), suffixes)


def _below(
    store: Any, path: str, info: Mapping[str, Any], suffixes: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # Servers of pages call a folder, too, a file.
    if info.get("type") != "directory" and not path.endswith("/"):
        yield path, info
        return
    for below, told in store.find(path, detail=True).items():
        name = below.rpartition("/")[2]
        is_wanted = name.endswith(suffixes) or bool(_KEPT.search(below))
        if is_wanted and name != MANIFEST and not name.startswith("."):
            yield below, told


def _copies(store: Any, found: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Path]:
    """The copies of the objects; those that are not there, or of another version, are made."""
    places = {path: _place(store.unstrip_protocol(path), folder) for path in found}
    versions = {path: _version(info) for path, info in found.items()}
    wanted = [
        path
        for path, place in places.items()
        if versions[path] is None or _kept_version(place) != versions[path]
    ]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        for path in some:
            places[path].parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Stores that can, copy several at a time.
        coming = [places[path].with_name(f".{places[path].name}.coming") for path in some]
        store.get(some, [str(place) for place in coming])
        for path, place in zip(some, coming, strict=True):
            place.chmod(0o600)
            place.replace(places[path])
            _version_file(places[path]).write_text(versions[path] or "", encoding="utf-8")
    for path, place in places.items():
        _names[place] = store.unstrip_protocol(path)
    return list(places.values())


def _place(url: str, folder: Path) -> Path:
    """Where the copy of an object lies: beside those of the others of its prefix."""
    prefix, _, name = url.rpartition("/")
    return folder / hashlib.blake2b(prefix.encode(), digest_size=8).hexdigest() / name


def _version(info: Mapping[str, Any]) -> str | None:
    """What tells this version of an object from others; None if its store says nothing."""
    told = {key: str(info[key]) for key in _IDENTITY if info.get(key) is not None}
    return json.dumps({**told, "size": info.get("size")}, sort_keys=True) if told else None


def _version_file(place: Path) -> Path:
    return place.with_name(f".{place.name}.version")


def _kept_version(place: Path) -> str | None:
    try:
        return _version_file(place).read_text(encoding="utf-8") if place.exists() else None
    except OSError:
        return None


@functools.cache
def _for_now() -> Path:
    """A folder that is gone when the process ends."""
    folder = tempfile.mkdtemp(prefix="toolspan-objects-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
