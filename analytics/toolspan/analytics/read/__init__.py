"""From paths to staged spans, and a summary of what was read.

`_inputs` finds the files, `_sniff` tells what each holds, `_pieces` cuts them into what fits in
memory, `_stage` reads that by the fast path; `_decode` and `containers` understand what the fast
path does not. `_kept` knows the datasets that `toolspan compact` writes.
"""

from toolspan.analytics.read._damage import Damage, ReadSummary
from toolspan.analytics.read._inputs import find_files, sources_of
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
from toolspan.analytics.read._objects import name_of
from toolspan.analytics.read._pieces import PIECE_BYTES, Piece, Source, pieces_of
from toolspan.analytics.read._stage import stage, stage_whole

__all__ = [
    "FORMAT",
    "FORMAT_SINCE",
    "KEPT_TABLES",
    "LOG_RECORDS",
    "MANIFEST",
    "PIECE_BYTES",
    "SPANS",
    "Damage",
    "Piece",
    "ReadSummary",
    "Source",
    "find_files",
    "folder_of",
    "kept_files",
    "load_manifest",
    "name_of",
    "pieces_of",
    "sources_of",
    "stage",
    "stage_whole",
    "stamp",
]
