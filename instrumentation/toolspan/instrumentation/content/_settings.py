"""The switches for content, read from the environment."""

import logging
import os
from typing import Final

from toolspan.conventions import environment
from toolspan.instrumentation.content._hash import Hash, hash_with_key, hash_with_own_key
from toolspan.instrumentation.content._rules import read_redactions_from_environment

_log = logging.getLogger("toolspan")

# EVENT_ONLY asks for content on events; tool content has no event, so it goes nowhere.
_CAPTURING: Final = frozenset({"span_only", "span_and_event", "true", "1"})
_NOT_CAPTURING: Final = frozenset({"", "no_content", "event_only", "false", "0"})
_ERROR_TEXT: Final = frozenset({"redacted", "off", "full"})
_OFF: Final = frozenset({"off", "false", "0", "no"})


class Settings:
    """What may be recorded of arguments, results and errors.

    `capture`: arguments and results go on spans. `error_text`: `redacted`, `off` or `full`.
    `hash_bytes`: makes the arguments hash; None when that is switched off.
    """

    __slots__ = ("_own_hash", "capture", "error_text", "hash_bytes")

    def __init__(self) -> None:
        self.capture = False
        self.error_text = "redacted"
        self._own_hash: Final = hash_with_own_key()
        self.hash_bytes: Hash | None = self._own_hash
        self.read_environment()

    def read_environment(self) -> None:
        """Take the switches as they are set now."""
        read_redactions_from_environment()
        capture = os.environ.get(environment.CAPTURE_MESSAGE_CONTENT, "").strip().lower()
        self.capture = capture in _CAPTURING
        if capture not in _CAPTURING and capture not in _NOT_CAPTURING:
            _log.warning(
                "%s=%r is not one of no_content, span_only, event_only, span_and_event, true or "
                "false; no content is recorded",
                environment.CAPTURE_MESSAGE_CONTENT,
                capture,
            )
        text = os.environ.get(environment.TOOLSPAN_ERROR_TEXT, "").strip().lower() or "redacted"
        if text not in _ERROR_TEXT:
            _log.warning(
                "%s=%r is not one of redacted, off or full; using redacted",
                environment.TOOLSPAN_ERROR_TEXT,
                text,
            )
            text = "redacted"
        self.error_text = text
        if os.environ.get(environment.TOOLSPAN_ARGUMENTS_HASH, "").strip().lower() in _OFF:
            self.hash_bytes = None
        elif key := os.environ.get(environment.TOOLSPAN_HASH_KEY):
            self.hash_bytes = hash_with_key(key.encode("utf-8", "replace"))
        else:
            self.hash_bytes = self._own_hash


settings: Final = Settings()
