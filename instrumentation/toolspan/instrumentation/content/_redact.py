"""What must not leave the call: by key, and by what a secret looks like in text."""

import itertools
import re
import string
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quoted
from typing import Any, Final

MASK: Final = "[redacted]"
# Keeps every position, which str.lower() does not for some letters beyond ASCII.
_ASCII_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORDS: Final = frozenset(
    {
        "apikey",
        "auth",
        "authorization",
        "bearer",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "cvv",
        "jwt",
        "otp",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pin",
        "pwd",
        "secret",
        "secrets",
        "ssn",
        "token",
    }
)
_SECRET_PAIRS: Final = frozenset(
    {("api", "key"), ("access", "key"), ("private", "key"), ("signing", "key"), ("card", "number")}
)
_by_key: Final[dict[str, bool]] = {}
_own_keys: Final[set[str]] = set()
own_patterns: Final[list[re.Pattern[str]]] = []
_MOST_KEYS: Final = 4096
_LONGEST_KEY: Final = 64
key_texts: Final[dict[Any, str]] = {}
"""Keys met before whose values are no secrets, as JSON with the colon behind."""

_LETTER: Final = r"[A-Za-z0-9_-]"
_NOT_INSIDE_A_WORD: Final = r"(?<![A-Za-z0-9])"

# Where a secret begins, and all of it (or its first group). Finding the beginning first costs a
# hundredth of searching for the patterns themselves.
_SECRETS: Final = (
    (
        "-----BEGIN ",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
    ),
    *(
        (prefix, re.compile(f"{_NOT_INSIDE_A_WORD}{prefix}{_LETTER}{{12,}}"))
        for prefix in ("sk-", "sk_", "pk-", "pk_", "rk-", "rk_")  # OpenAI, Anthropic, Stripe
    ),
    *(
        (prefix, re.compile(f"{_NOT_INSIDE_A_WORD}{prefix}[A-Za-z0-9]{{20,}}"))
        for prefix in ("gho_", "ghp_", "ghr_", "ghs_", "ghu_", "hf_", "AIza")
    ),
    ("github_pat_", re.compile(r"github_pat_\w{20,}")),
    ("glpat-", re.compile(f"glpat-{_LETTER}{{16,}}")),
    ("xox", re.compile(f"xox[abprs]-{_LETTER}{{10,}}")),
    ("AKIA", re.compile(r"(?<![A-Z0-9])AKIA[A-Z0-9]{16}(?![A-Z0-9])")),
    ("ASIA", re.compile(r"(?<![A-Z0-9])ASIA[A-Z0-9]{16}(?![A-Z0-9])")),
    (
        "eyJ",
        re.compile(f"eyJ{_LETTER}{{8,}}\\.{_LETTER}{{8,}}(?:\\.{_LETTER}*)?"),
    ),  # JSON web tokens
    ("://", re.compile(r"://([^\s/:@]+:[^\s/@]+)(?=@)")),  # user:password@ of a URL
)
_VALUE: Final = r"""["']?[ ]*[=:][ ]*["']?[^\s"',;&)}\]]+"""
_SECRETS_IN_ANY_CASE: Final = (
    ("bearer ", re.compile(r"bearer +[a-z0-9+/._~-]{8,}={0,2}")),
    ("basic ", re.compile(r"basic +[a-z0-9+/._~-]{8,}={0,2}")),
    *((word, re.compile(f"{word}{_VALUE}")) for word in ("password", "passwd", "pwd")),
    *((word, re.compile(f"{word}{_VALUE}")) for word in ("secret", "token")),
    *((word, re.compile(f"{word}[-_]?key{_VALUE}")) for word in ("api", "access")),
)
_WITH_HYPHEN: Final = ("sk-", "pk-", "rk-", "xox", "glpat-", "-----B")
_WITH_UNDERSCORE: Final = ("sk_", "pk_", "rk_", "gh", "hf_", "_pat_")
_NAMED: Final = ("passw", "pwd", "secret", "token", "key")


find_mark: Final = re.compile("[-_:=IJ@bB]").search
"""Finds a letter without which no text holds a secret, users' own patterns apart."""


def is_secret_key(key: str) -> bool:
    """Whether the value under `key` is a secret by the key's words: `dbPassword`, `API_KEY`.

    >>> is_secret_key("dbPassword"), is_secret_key("max_tokens")
    (True, False)
    """
    known = _by_key.get(key)
    if known is None:
        own = len(_own_keys)
        words = [word.lower() for word in _WORD.findall(key[:200])]
        known = (
            not _SECRET_WORDS.isdisjoint(words)
            or any(pair in _SECRET_PAIRS for pair in itertools.pairwise(words))
            or key.casefold() in _own_keys
        )
        if len(_by_key) < _MOST_KEYS:
            _by_key[key] = known
            if len(_own_keys) != own:  # another thread has added keys meanwhile
                _by_key.clear()
    return known


def key_text(key: Any) -> str | None:
    """`"key":` as JSON; None for a key that is odd, or whose value is a secret."""
    if type(key) is not str or len(key) > _LONGEST_KEY or not key.isascii():
        return None
    own = len(_own_keys)
    if is_secret_key(key) or may_hold_secret(key):
        return None
    text = quoted(key) + ":"
    if len(key_texts) < _MOST_KEYS:
        key_texts[key] = text
        if len(_own_keys) != own:
            key_texts.clear()
    return text


def add_keys(keys: Iterable[str]) -> None:
    """Take the values under these keys for secrets too."""
    _own_keys.update(key.casefold() for key in keys)
    _by_key.clear()
    key_texts.clear()


def add_patterns(patterns: Iterable[re.Pattern[str]]) -> None:
    """Take text of these patterns for secret too."""
    known = {pattern.pattern for pattern in own_patterns}
    own_patterns.extend(pattern for pattern in patterns if pattern.pattern not in known)
    key_texts.clear()


def may_hold_secret(text: str) -> bool:
    """Whether `text` holds what a secret that we recognise begins with; quick to say no."""
    return (
        bool(own_patterns)
        or ("-" in text and _holds(text, _WITH_HYPHEN))
        or ("_" in text and _holds(text, _WITH_UNDERSCORE))
        or ((":" in text or "=" in text) and _holds(text.lower(), _NAMED))
        or ("I" in text and ("KIA" in text or "SIA" in text or "AIza" in text))
        or ("J" in text and "eyJ" in text)
        or ("@" in text and "://" in text)
        # Finding one character takes a tenth of the time that a word takes.
        or (
            ("b" in text or "B" in text)
            and ("earer " in text or "asic " in text or "EARER " in text or "ASIC " in text)
        )
    )


def mask_secrets(text: str) -> str:
    """`text` with whatever looks like a secret replaced.

    >>> mask_secrets("401 for Bearer abcdefgh12345")
    '401 for [redacted]'
    """
    if not may_hold_secret(text):
        return text
    lower = text.lower() if text.isascii() else text.translate(_ASCII_LOWER)
    found = [
        *(match.span() for pattern in own_patterns for match in pattern.finditer(text)),
        *(span for begin, whole in _SECRETS for span in _spans(text, begin, whole)),
        *(span for begin, whole in _SECRETS_IN_ANY_CASE for span in _spans(lower, begin, whole)),
    ]
    if not found:
        return text
    parts: list[str] = []
    end = 0
    for start, stop in sorted(found):
        if start >= end:
            parts += (text[end:start], MASK)
        end = max(end, stop)
    return "".join(parts) + text[end:]


def _holds(text: str, marks: tuple[str, ...]) -> bool:
    for mark in marks:  # noqa: SIM110  any() with a generator costs as much as the search
        if mark in text:
            return True
    return False


def _spans(text: str, begin: str, whole: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where `whole` is found in `text`, looking only where it can begin."""
    position = text.find(begin)
    while position >= 0:
        match = whole.match(text, position)
        if match is not None:
            yield match.span(1 if whole.groups else 0)
            position = match.end() - 1
        position = text.find(begin, position + 1)
