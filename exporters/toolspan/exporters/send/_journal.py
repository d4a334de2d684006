"""How far the files were sent to an endpoint, kept so that an interrupted run can go on.

One small JSON file for each endpoint. A file is known by what its first line says and not by its
name: it may have been rotated, moved or compressed since.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from toolspan.exporters.send._batches import Place


def default_path(endpoint: str) -> Path:
    """Where the journal of an endpoint is: below `$XDG_STATE_HOME`, else `~/.local/state`."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = hashlib.sha256(endpoint.encode()).hexdigest()[:16]
    return state / "toolspan" / "send" / f"{name}.json"


class Journal:
    """The places that were reached, by the fingerprint of the file.

    Args:
        path: of the journal; written, with its folder, at the first `reach`.
        endpoint: noted in it for the reader.
        places: what was reached before; `load` reads it.
    """

    def __init__(
        self, path: Path, endpoint: str, places: Mapping[str, Place] | None = None
    ) -> None:
        self.path = path
        self.endpoint = endpoint
        self.places = dict(places or {})

    @classmethod
    def load(cls, path: Path, endpoint: str) -> "Journal":
        """The journal as an earlier run left it; an empty one where there is none.

        Raises:
            ValueError: the file is no journal.
            OSError: it cannot be read.
        """
        if not path.exists():
            return cls(path, endpoint)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            places = {
                fingerprint: Place(int(line), int(records))
                for fingerprint, (line, records) in document["files"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no journal of toolspan send: {error}") from error
        return cls(path, endpoint, places)

    def reach(self, places: Mapping[str, Place]) -> None:
        """Note, for good, that everything before these places is sent.

        Raises:
            OSError: it cannot be written.
        """
        self.places.update(places)
        document = {
            "endpoint": self.endpoint,
            "files": {key: [place.line, place.records] for key, place in self.places.items()},
        }
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            new.write_text(json.dumps(document), encoding="utf-8")
            new.replace(self.path)  # whole or not at all
        except OSError:
            with suppress(OSError):
                new.unlink()
            raise
