"""From paths to staged spans, and a summary of what was read.

`_inputs` finds the files, `_sniff` tells what each holds, `_pieces` cuts them into what fits in
memory, `_stage` reads that by the fast path; `_decode` and `containers` understand what the fast
path does not. `_kept` knows the datasets that `toolspan compact` writes.
"""

from toolspan.analytics.read._damage import Damage, ReadSummary
from toolspan.analytics.read._inputs import COMPRESSIONS, Paths, find_files, listed, sources_of
from toolspan.analytics.read._kept import (
    FORMAT,
    FORMAT_SINCE,
    KEPT_TABLES,
    LOG_RECORDS,
    MANIFEST,
    SPANS,
    folder_of,
    kept_files,
    load_manifest,
    stamp,
)
from toolspan.analytics.read._lines import open_bytes
from toolspan.analytics.read._objects import is_url, name_of
from toolspan.analytics.read._pieces import (
    PIECE_BYTES,
    Piece,
    Source,
    grown_pieces,
    in_batches,
    pieces_of,
)
from toolspan.analytics.read._sniff import Container, sniff
from toolspan.analytics.read._stage import stage, stage_whole

__all__ = [
    "COMPRESSIONS",
    "FORMAT",
    "FORMAT_SINCE",
    "KEPT_TABLES",
    "LOG_RECORDS",
    "MANIFEST",
    "PIECE_BYTES",
    "SPANS",
    "Container",
    "Damage",
    "Paths",
    "Piece",
    "ReadSummary",
    "Source",
    "find_files",
    "folder_of",
    "grown_pieces",
    "in_batches",
    "is_url",
    "kept_files",
    "listed",
    "load_manifest",
    "name_of",
    "open_bytes",
    "pieces_of",
    "sniff",
    "sources_of",
    "stage",
    "stage_whole",
    "stamp",
]
