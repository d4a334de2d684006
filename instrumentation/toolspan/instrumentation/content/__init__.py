"""What a call was given and gave back, as bounded JSON: prune, redact, encode.

Off unless asked for. Nothing here raises, calls a method of a host object, or consumes an
iterator; the work is bounded by what is kept, not by the size of what came in.
"""

from toolspan.instrumentation.content._arguments import ParameterNames, parameter_names
from toolspan.instrumentation.content._error_text import error_text, safe_name
from toolspan.instrumentation.content._flat import encode_flat
from toolspan.instrumentation.content._hash import arguments_hash, bytes_in_any_order, bytes_of
from toolspan.instrumentation.content._json import Encoded, encode
from toolspan.instrumentation.content._redact import mask_secrets
from toolspan.instrumentation.content._rules import (
    NO_PATHS,
    Paths,
    add_redactions,
    paths_of,
    rules,
)
from toolspan.instrumentation.content._settings import Settings, settings
from toolspan.instrumentation.content._text import clean

__all__ = [
    "NO_PATHS",
    "Encoded",
    "ParameterNames",
    "Paths",
    "Settings",
    "add_redactions",
    "arguments_hash",
    "bytes_in_any_order",
    "bytes_of",
    "clean",
    "encode",
    "encode_flat",
    "error_text",
    "mask_secrets",
    "parameter_names",
    "paths_of",
    "rules",
    "safe_name",
    "settings",
]
