"""What can go wrong with input, as exceptions whose text is ready to be shown to a user."""

from collections.abc import Iterable


class AnalyticsError(Exception):
    """Base of every error that `toolspan.analytics` raises on purpose."""


class InputError(AnalyticsError):
    """The input cannot be read at all: nothing there, no permission, nothing recognised.

    The command line prints the text in one line and exits with 2.
    """


class UsageError(AnalyticsError):
    """A parameter has a value that makes no sense; the text says which values do."""


def close_to(wanted: str, names: Iterable[str]) -> str:
    """What may have been meant by a name that is none: `; did you mean 'a' or 'b'?`, or nothing."""
    import difflib  # only for a typing mistake

    close = difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
