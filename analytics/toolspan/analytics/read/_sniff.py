"""What a file holds, told from its first bytes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolspan.analytics.read._kept import kept_table
from toolspan.analytics.read._lines import (
    LONGEST_OF_ALL,
    ZSTD_MAGIC,
    TruncatedArchiveError,
    frames_of,
    open_raw,
    read_head,
)
from toolspan.analytics.read._tables import PARQUET_MAGIC, is_csv_of_spans, is_parquet_of_spans
from toolspan.analytics.read._wire import signal_of
from toolspan.analytics.read.containers import (
    HOW_TO_GET_PROTOBUF,
    SIGNALS,
    convert,
    is_protobuf_here,
    is_tool_usage,
    is_transcript_line,
)

_LINE_STARTS = tuple(f'{{"{signal}"'.encode() for signal in SIGNALS)


@dataclass(frozen=True, slots=True)
class Container:
    """How a file's content is laid out.

    Attributes:
        kind: `lines` of OTLP/JSON; `other_lines`, JSON lines of another form; `document`, one JSON
            value or several; `framed`, the collector's length-framed zstd; `kept_...`, a table of a
            dataset of ours; `empty`; `unknown`.
        reason: for `unknown`, what the file seems to be.
        is_compressed: whether the bytes on disk are not those of the content.
    """

    kind: str
    reason: str = ""
    is_compressed: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is a file of a dataset of ours."""
        return self.kind.startswith("kept_")


def sniff(path: Path) -> Container:
    """Tell what `path` holds.

    Raises:
        InputError: the file cannot be opened.
    """
    with open_raw(path) as file:
        start = file.read(8)
    head = read_head(path)
    is_compressed = head[:8] != start[: len(head[:8])]
    if head[4:8] == ZSTD_MAGIC:
        kind, reason = _framed(path)
        return Container(kind, reason, is_compressed=True)
    if start.startswith(PARQUET_MAGIC) and (table := kept_table(path)):
        return Container(f"kept_{table}", is_compressed=True)
    if head.startswith(PARQUET_MAGIC):
        is_known = is_parquet_of_spans(path, is_compressed=is_compressed)
        kind, reason = ("table", "") if is_known else ("unknown", "it is a table, and not of spans")
    else:
        # First, because a text in a message of protobuf may look like lines of OTLP/JSON.
        kind, reason = _kind_of_protobuf(head) or _kind_of_text(head)
    return Container(kind, reason, is_compressed)


def _framed(path: Path) -> tuple[str, str]:
    """What the first of some compressed messages is."""
    try:
        message = next(frames_of(path))
    except TruncatedArchiveError:
        return "framed", ""
    is_protobuf = message.is_terminated and signal_of(message.text)
    return _protobuf("framed_protobuf") if is_protobuf else ("framed", "")


def _framed_messages(head: bytes) -> Iterator[bytes]:
    """The messages in the collector's framing; none if that makes no sense."""
    while len(head) > 4:
        end = 4 + int.from_bytes(head[:4], "big")
        if end > LONGEST_OF_ALL:
            return
        yield head[4:end]
        head = head[end:]


def _protobuf(kind: str) -> tuple[str, str]:
    if is_protobuf_here():
        return kind, ""
    return "unknown", f"it is OTLP as protobuf, and to read that takes: {HOW_TO_GET_PROTOBUF}"


def _kind_of_protobuf(head: bytes) -> tuple[str, str] | None:
    if signal_of(head, is_whole=False):
        return _protobuf("protobuf")
    if any(signal_of(message, is_whole=False) for message in _framed_messages(head)):
        return _protobuf("framed_protobuf")
    return None


def _kind_of_text(head: bytes) -> tuple[str, str]:
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
        is_line = is_tool_usage(value) or is_transcript_line(value)
        if is_line or convert(value, lambda _: None) is not None:
            return "other_lines", ""
        return "unknown", no_spans(value)
    if lines[0][:1] in (b"{", b"["):
        return "document", ""
    if is_csv_of_spans(head):
        return "table", ""
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
