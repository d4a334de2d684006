"""Append-only OTLP/JSON-lines files: one process, one signal, one file at a time.

- `_names`: how a file is called, and how to read its name
- `_jsonl_file`: the file: lazily created, one `write` a line, short writes cut back
- `_fork`: what happens to open files when the process forks
- `_housekeeping`: what becomes of files that are full: compressed, in the end deleted
- `_compression`, `_retention`: how that is done
"""

from toolspan.exporters.files._fork import notice as notice_fork
from toolspan.exporters.files._fork import register as register_at_fork
from toolspan.exporters.files._housekeeping import Housekeeper
from toolspan.exporters.files._jsonl_file import JsonlFile
from toolspan.exporters.files._names import FileName

__all__ = ["FileName", "Housekeeper", "JsonlFile", "notice_fork", "register_at_fork"]
