"""What a file holds, told from its first bytes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolspan.analytics.read._lines import ZSTD_MAGIC, open_raw, read_head
from toolspan.analytics.read.containers import SIGNALS, convert, is_tool_usage

_LINE_STARTS = tuple(f'{{"{signal}"'.encode() for signal in SIGNALS)


@dataclass(frozen=True, slots=True)
class Container:
    """How a file's content is laid out.

    Attributes:
        kind: `lines` of OTLP/JSON; `other_lines`, JSON lines of another form; `document`, one JSON
            value or several; `framed`, the collector's length-framed zstd; `empty`; `unknown`.
        reason: for `unknown`, what the file seems to be.
        is_compressed: whether the bytes on disk are not those of the content.
    """

    kind: str
    reason: str = ""
    is_compressed: bool = False


def sniff(path: Path) -> Container:
    """Tell what `path` holds.

    Raises:
        InputError: the file cannot be opened.
    """
    with open_raw(path) as file:
        start = file.read(8)
    if start[4:8] == ZSTD_MAGIC:
        return Container("framed", is_compressed=True)
    head = read_head(path)
    is_compressed = head[:8] != start[: len(head[:8])]
    kind, reason = _kind(head)
    return Container(kind, reason, is_compressed)


def _kind(head: bytes) -> tuple[str, str]:
    if not head.strip():
        return "empty", ""
    lines = head.lstrip(b"\xef\xbb\xbf \t\r\n").splitlines()
    if any(line.lstrip().startswith(_LINE_STARTS) for line in lines):
        return "lines", ""
    if b"\x00" in head or not _mostly_text(head):
        return "unknown", "it is binary"
    whole = len(lines) > 1 or head.endswith(b"\n") or len(head) < HEAD_BYTES
    value = _json(lines[0]) if whole else None
    if isinstance(value, dict) and any(signal in value for signal in SIGNALS):
        return "lines", ""
    if isinstance(value, dict):
        if is_tool_usage(value) or convert(value, lambda _: None) is not None:
            return "other_lines", ""
        return "unknown", no_spans(value)
    if lines[0][:1] in (b"{", b"["):
        return "document", ""
    return "unknown", "it is not JSON"


HEAD_BYTES = 1 << 16


def no_spans(value: Any) -> str:
    """What a JSON value is that has no spans in it."""
    if isinstance(value, dict):
        return f"its JSON has no resourceSpans but: {', '.join(list(map(str, value))[:4])}"
    return "it is JSON without spans"


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mostly_text(head: bytes) -> bool:
    text = head.decode("utf-8", "replace")
    return text.count("\ufffd") * 10 < len(text)
