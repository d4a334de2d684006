"""Delete old span and event files, where that was asked for."""

import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from toolspan.exporters.files._names import FileName

_DAY_S: Final = 86_400


def delete_old(
    directory: Path, *, keep_days: float, keep_bytes: int, spare: Collection[Path] = ()
) -> int:
    """Delete files of ours that are too old, then the oldest until the rest fits.

    Another process may still write to one that is deleted; it notices before its next line and
    goes on in a new file.

    Args:
        directory: where to look; files with other names are left alone.
        keep_days: files not changed for so many days go; 0: none does.
        keep_bytes: the oldest go until all together are no larger; 0: none does.
        spare: files to keep in any case, such as those being written.

    Returns:
        How many files were deleted.

    Raises:
        OSError: one of them may not be deleted; the others are.
    """
    found: list[tuple[float, int, Path]] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if FileName.parsed(entry.name) is not None:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # another process tidies up as well
                    continue
                found.append((status.st_mtime, status.st_size, directory / entry.name))
    found.sort()
    oldest_kept = time.time() - keep_days * _DAY_S if keep_days else 0.0
    excess = sum(size for _, size, _ in found) - keep_bytes if keep_bytes else 0
    deleted = 0
    refused: OSError | None = None
    for changed, size, path in found:
        if path in spare or not (changed < oldest_kept or excess > 0):
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # somebody else's
            refused = error
            continue
        deleted += 1
        excess -= size
    if refused is not None:
        raise refused
    return deleted
