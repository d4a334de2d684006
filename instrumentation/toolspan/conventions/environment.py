"""Our environment variables, and where span and event files go by default."""

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

TOOLSPAN_DIR: Final = "TOOLSPAN_DIR"
"""Directory of the span and event files; setting it switches the file writer on."""
TOOLSPAN_TARGETS: Final = "TOOLSPAN_TARGETS"
"""Path of the YAML file that declares what to instrument in the user's own code."""
TOOLSPAN_ERROR_TEXT: Final = "TOOLSPAN_ERROR_TEXT"
"""`redacted` (default), `off` or `full`: how much of an exception's text is recorded."""
TOOLSPAN_ARGUMENTS_HASH: Final = "TOOLSPAN_ARGUMENTS_HASH"
"""`off` leaves out the hash of a call's arguments."""
TOOLSPAN_HASH_KEY: Final = "TOOLSPAN_HASH_KEY"
"""Key of that hash, to compare arguments across processes; random per process by default."""
TOOLSPAN_MCP_REQUESTS: Final = "TOOLSPAN_MCP_REQUESTS"
"""Which MCP requests are recorded: `calls` (the work alone), `default` or `all`."""
TOOLSPAN_SERVICE_NAME: Final = "TOOLSPAN_SERVICE_NAME"
"""The program's name, passed on to workers without one; users set OTEL_SERVICE_NAME instead."""
TOOLSPAN_DOCTOR_REPORT: Final = "TOOLSPAN_DOCTOR_REPORT"
"""Where `toolspan doctor -- python ...` asks the program it runs to leave its facts."""
TOOLSPAN_REDACT: Final = "TOOLSPAN_REDACT"
"""Comma-separated keys and dotted paths whose values are not recorded, beyond those known."""
TOOLSPAN_PRICES: Final = "TOOLSPAN_PRICES"
"""Path of a JSON file with token prices, instead of those of the release."""
CAPTURE_MESSAGE_CONTENT: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

DEFAULT_DIRECTORY: Final = "toolspan-data"


def data_directory() -> "Path":
    """The directory every command reads and writes when none is named.

    `$TOOLSPAN_DIR` if set and not empty, else `./toolspan-data`.
    """
    from pathlib import Path  # which an agent that only records does not need

    return Path(os.environ.get(TOOLSPAN_DIR) or DEFAULT_DIRECTORY)
