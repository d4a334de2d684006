"""The text of an error and names from outside, as much of them as the user allows."""

from typing import Final

from toolspan.instrumentation.content._redact import mask_secrets
from toolspan.instrumentation.content._settings import settings
from toolspan.instrumentation.content._text import clean, cut

_REDACTED_LENGTH: Final = 200
_FULL_LENGTH: Final = 8192
_LONGEST_NAME: Final = 128


def error_text(error: BaseException | str) -> str | None:
    """What the span's status says about `error`; None when that is switched off or empty.

    `TOOLSPAN_ERROR_TEXT`: `redacted` gives the first line, at most 200 characters, secrets
    masked; `full` gives all of it up to 8,192 characters.
    """
    mode = settings.error_text
    if mode == "off":
        return None
    try:
        text = error if isinstance(error, str) else str(error)
    except Exception:  # an exception's own __str__ may raise
        return None
    if mode == "full":
        return cut(clean(text), _FULL_LENGTH) or None
    line = clean(text[:4096]).strip().partition("\n")[0].strip()
    return cut(mask_secrets(line), _REDACTED_LENGTH) or None


def safe_name(name: str) -> str:
    """A name that came from a call, as a name may be recorded: one line, short, no secret."""
    return cut(mask_secrets(" ".join(clean(name[:_REDACTED_LENGTH]).split())), _LONGEST_NAME)
