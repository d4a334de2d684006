"""What a call was given and gave back, as bounded JSON: prune, redact, encode.

Off unless asked for. Nothing here raises, calls a method of a host object, or consumes an
iterator; the work is bounded by what is kept, not by the size of what came in.
"""

from toolspan.instrumentation.content._arguments import ParameterNames, parameter_names
from toolspan.instrumentation.content._error_text import error_text, safe_name
from toolspan.instrumentation.content._flat import flat_text, text_of
from toolspan.instrumentation.content._hash import (
    PLAIN_FORMAT,
    arguments_hash,
    ordered_arguments_hash,
)
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
    "PLAIN_FORMAT",
    "Encoded",
    "ParameterNames",
    "Paths",
    "Settings",
    "add_redactions",
    "arguments_hash",
    "clean",
    "encode",
    "error_text",
    "flat_text",
    "mask_secrets",
    "ordered_arguments_hash",
    "parameter_names",
    "paths_of",
    "rules",
    "safe_name",
    "settings",
    "text_of",
]
