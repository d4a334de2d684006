"""The tolerant decoder: what the fast path refuses is read again, so that damage stays small.

Whatever form a line or document has, it becomes lines of sound OTLP/JSON: sound ones as they are,
others as far as they can be understood. Damage costs at most the span it sits in.
"""

import json
import math
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read._damage import Damage
from toolspan.analytics.read._lines import Line
from toolspan.analytics.read.containers import (
    SIGNALS,
    LegacyError,
    Transcript,
    convert,
    is_tool_usage,
    is_transcript_line,
    otlp_span,
    protobuf,
    tool_usage,
)

_SURROGATE = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PART = re.compile(
    r'"(resource|scope)"\s*:\s*(?=\{)|\{\s*"(?:traceId|spanId|trace_id|span_id)"\s*:'
)
_json = json.JSONDecoder()

# The engine allocates a few times this for each thread; longer lines are made several.
LONGEST_LINE = 16 << 20
# No text of an attribute is longer than this once a line had to be made several.
LONGEST_TEXT = 1 << 20

Report = Callable[[Damage], None]


class Decoder:
    """Decodes the lines of one file.

    Args:
        name: of the file, for reports of damage.
        report: told of every damaged place.
    """

    def __init__(self, name: str, report: Report) -> None:
        self._name = name
        self._report = report
        self._seen: Counter[str] = Counter()
        self._transcript: Transcript | None = None
        self.not_understood = 0
        self.understood = 0

    def decode(self, line: Line) -> Iterator[bytes]:
        """The line as sound OTLP/JSON lines (without their ends); none if nothing can be saved."""
        if not line.text.strip():
            return
        text = self._text(line)
        try:
            document = json.loads(text)
        except RecursionError:
            self._damage(line, "invalid_json", "it is nested too deeply")
            return
        except ValueError as error:
            self._damage(line, "invalid_json", _why(error))
            for made in _salvage(text):
                self.understood += 1
                yield _dump(made)
            return
        if isinstance(document, dict) and is_tool_usage(document):
            yield from self._tool_usage(line, document)
        elif _is_sound(document):
            self.understood += 1
            if len(line.text) > LONGEST_LINE:
                yield from self._divided(line, document)
            else:
                yield from self._sound(line, text, document)
        else:
            yield from self._convert(line, document)

    def document(self, text: str) -> Iterator[bytes]:
        """The documents that stand one after another in `text`, as sound OTLP/JSON lines."""
        position = 0
        while position < len(text):
            if text[position].isspace():
                position += 1
                continue
            number, byte = text.count("\n", 0, position) + 1, len(text[:position].encode())
            line = Line(number, byte, b"", is_terminated=True)
            try:
                document, position = _json.raw_decode(text, position)
            except (ValueError, RecursionError) as error:
                self._damage(line, "invalid_json", _why(error))
                for made in _salvage(text[position:]):
                    self.understood += 1
                    yield _dump(made)
                return
            yield from self._convert(line, document)

    def rest(self) -> Iterator[bytes]:
        """What only the end of the file completes."""
        if self._transcript is not None:
            yield from map(_dump, self._transcript.rest())

    def message(self, line: Line) -> Iterator[bytes]:
        """A protobuf message as sound OTLP/JSON lines."""
        report = lambda why: self._damage(line, "invalid_protobuf", why)  # noqa: E731
        made = protobuf(line.text, report)
        if made is None:
            self.not_understood += 1
            self._damage(line, "invalid_protobuf", "it is no message of OTLP")
            return
        self.understood += 1
        for document in made:
            text = _dump(document)
            if len(text) > LONGEST_LINE:
                yield from self._divided(line, document)
            else:
                yield text

    def _text(self, line: Line) -> str:
        # The end of the line is no part of it: left in, it would stand inside a cut off text.
        data = line.text.rstrip(b"\r\n")
        if line.byte == 0:
            data = data.removeprefix(BOM_UTF8)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            place = Line(line.number, line.byte + error.start, b"", is_terminated=True)
            self._damage(place, "invalid_utf8", f"{error.reason}; replaced")
            return data.decode("utf-8", "replace")

    def _damage(self, line: Line, kind: str, reason: str) -> None:
        self._report(Damage(self._name, line.number, line.byte, kind, reason))

    def _sound(self, line: Line, text: str, document: Any) -> Iterator[bytes]:
        surrogate = _SURROGATE.search(line.text)
        if surrogate and _LONE_SURROGATE.search(json.dumps(document, ensure_ascii=False)):
            place = Line(line.number, line.byte + surrogate.start(), b"", is_terminated=True)
            self._damage(place, "lone_surrogate", "half of a character; replaced")
            yield _dump(document)
        elif "NaN" in text or "Infinity" in text:
            yield _dump(document)
        else:
            yield text.strip().encode()

    def _divided(self, line: Line, document: dict[str, Any]) -> Iterator[bytes]:
        """A very long line as one for each of its spans; in a span that alone is, texts are cut."""
        for resource in document.get("resourceSpans") or ():
            for scope in resource.get("scopeSpans") or ():
                for span in scope.get("spans") or ():
                    parts = [{"scope": scope.get("scope") or {}, "spans": [span]}]
                    alone = [{"resource": resource.get("resource") or {}, "scopeSpans": parts}]
                    made = _dump({"resourceSpans": alone})
                    if len(made) > LONGEST_LINE:
                        why = f"a span of {len(made)} bytes: its longest texts were cut"
                        self._damage(line, "too_long", why)
                        made = _dump(_cut({"resourceSpans": alone}))
                    yield made
        for signal in SIGNALS[1:]:
            if signal in document:
                yield _dump({signal: document[signal]})

    def _convert(self, line: Line, document: Any) -> Iterator[bytes]:
        if isinstance(document, dict) and is_transcript_line(document):
            yield from self._told(line, document)
            return
        made = convert(document, lambda why: self._damage(line, "invalid_span", why))
        if made is None:
            self.not_understood += 1
            self._damage(line, "not_otlp", f"it has no resourceSpans but {_looks_like(document)}")
            return
        self.understood += 1
        for part in made:
            yield _dump(part)

    def _told(self, line: Line, document: dict[str, Any]) -> Iterator[bytes]:
        self._transcript = self._transcript or Transcript()
        self.understood += 1
        for made in self._transcript.add(document):
            text = _dump(made)
            if len(text) > LONGEST_LINE:
                yield from self._divided(line, made)
            else:
                yield text

    def _tool_usage(self, line: Line, document: dict[str, Any]) -> Iterator[bytes]:
        text = json.dumps(document, sort_keys=True)
        try:
            made = tool_usage(document, self._seen[text])
        except LegacyError as error:
            self._damage(line, error.kind, str(error))
            return
        self._seen[text] += 1
        self.understood += 1
        yield _dump(made)


def is_whole(text: bytes) -> bool:
    """Whether an unterminated last line is complete all the same."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_REASONS = {
    "Unterminated string starting at": "the line ends inside a string",
    "Expecting value": "a value is missing",
    "Extra data": "something follows the value",
    "Expecting property name enclosed in double quotes": "the name of a member is missing",
}


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    reason = str(getattr(error, "msg", error))
    return _REASONS.get(reason, reason[:1].lower() + reason[1:])


def _looks_like(document: Any) -> str:
    if isinstance(document, dict):
        return ", ".join(map(str, list(document)[:4])) or "nothing"
    return f"is a {type(document).__name__}"


def _is_sound(document: Any) -> bool:
    """Whether the fast path takes all spans of the document as they are."""
    if not isinstance(document, dict) or not any(signal in document for signal in SIGNALS):
        return False
    resource_spans = document.get("resourceSpans")
    if resource_spans is None:
        return True
    try:
        return all(
            _is_sound_span(span)
            for resource in resource_spans
            for scope in resource.get("scopeSpans") or ()
            for span in scope.get("spans") or ()
        ) and all(
            ("scopeSpans" in resource or "resource" in resource)
            and "instrumentationLibrarySpans" not in resource
            and all(
                "scope" in scope or "spans" in scope for scope in resource.get("scopeSpans") or ()
            )
            for resource in resource_spans
        )
    except (AttributeError, TypeError):
        return False


_HEX = frozenset("0123456789abcdefABCDEF")


def _is_sound_span(span: Any) -> bool:
    if not isinstance(span, dict):
        return False
    trace_id, span_id, parent_id = (span.get(key) for key in ("traceId", "spanId", "parentSpanId"))
    start, end = span.get("startTimeUnixNano"), span.get("endTimeUnixNano")
    return (
        isinstance(trace_id, str)
        and isinstance(span_id, str)
        and len(trace_id) == 32
        and len(span_id) == 16
        and _HEX.issuperset(trace_id + span_id)
        and (not parent_id or (isinstance(parent_id, str) and len(parent_id) == 16))
        and _is_time(start)
        and (end is None or _is_time(end))
        and not isinstance(span.get("attributes"), dict)
    )


def _is_time(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 1 << 63
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _dump(document: Any) -> bytes:
    text = json.dumps(_finite(document), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    """The value with `NaN` and infinities as the words OTLP/JSON has for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def _cut(value: Any) -> Any:
    """The value with no text, and no list, longer than is reasonable."""
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value[:1000]]
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def _salvage(text: str) -> Iterator[dict[str, Any]]:
    """The whole spans in a line that as a whole is no JSON, with their resource and scope."""
    resource: Any = {}
    scope: Any = {}
    position = 0
    while found := _PART.search(text, position):
        start = found.end() if found.group(1) else found.start()
        try:
            value, position = _json.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = found.end()
            continue
        if found.group(1) == "resource":
            resource, scope = value, {}
        elif found.group(1):
            scope = value
        else:
            try:
                span = otlp_span(value)
            except ValueError:
                continue
            scopes = [{"scope": scope, "spans": [span]}]
            yield {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}
