"""From paths to staged spans, and a summary of what was read.

`_inputs` finds the files, `_sniff` tells what each holds, `_pieces` cuts them into what fits in
memory, `_stage` reads that by the fast path; `_decode` and `containers` understand what the fast
path does not.
"""

from toolspan.analytics.read._damage import Damage, ReadSummary
from toolspan.analytics.read._inputs import COMPRESSIONS, find_files, sources_of
from toolspan.analytics.read._lines import open_bytes
from toolspan.analytics.read._objects import is_url, name_of
from toolspan.analytics.read._pieces import PIECE_BYTES, Piece, Source, grown_pieces, pieces_of
from toolspan.analytics.read._sniff import Container, sniff
from toolspan.analytics.read._stage import stage

__all__ = [
    "COMPRESSIONS",
    "PIECE_BYTES",
    "Container",
    "Damage",
    "Piece",
    "ReadSummary",
    "Source",
    "find_files",
    "grown_pieces",
    "is_url",
    "name_of",
    "open_bytes",
    "pieces_of",
    "sniff",
    "sources_of",
    "stage",
]
