"""Traces like those of real agents: as many as wanted, the same for the same seed.

A session is a trace: a workflow of steps, agents in them (now and then an agent within an agent),
model calls and tool calls in turn; calls through MCP with their CLIENT and SERVER spans, attempts
that recover or do not, fallbacks. Tools differ by orders of magnitude in use, latency and failure;
sessions differ in difficulty, so that failures cluster as they do in real data; hours and weekdays
differ in load. Files are as a collector leaves them: one service a file, sessions interleaved,
children before parents.

    python -m benchmarks.trace_generator DIRECTORY --spans 1000000
"""

import argparse
import math
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

START_NS = 1_767_225_600_000_000_000  # 2026-01-01
DAY_NS = 86_400 * 10**9
DAYS = 30
SERVICES = ("support-bot", "research-api", "code-agent", "sales-assistant", "ops-copilot")
AGENTS = ("planner", "researcher", "coder", "reviewer", "analyst", "writer")
STEPS = ("gather", "work", "write")
MODELS = (
    ("gpt-5-mini", "openai", 0.25e-6, 2e-6),
    ("gpt-5", "openai", 1.25e-6, 10e-6),
    ("claude-sonnet-5", "anthropic", 3e-6, 15e-6),
)
ERRORS = ("httpx.ReadTimeout", "ValueError", "httpx.ConnectError", "KeyError", "tool_error")
_BASE_TOOLS = (  # name, median in ms, spread, failure rate, is an MCP tool
    ("search_web", 420, 0.7, 0.06, False),
    ("search_archive", 60, 0.6, 0.01, False),
    ("read_file", 12, 0.9, 0.02, False),
    ("run_query", 95, 1.1, 0.05, False),
    ("fetch_page", 260, 0.9, 0.08, False),
    ("calculate", 1, 0.4, 0.005, False),
    ("send_email", 350, 0.5, 0.06, False),
    ("run_code", 1500, 1.0, 0.12, False),
    ("get_time", 30, 0.5, 0.02, True),
    ("find_issue", 500, 0.7, 0.05, True),
    ("post_message", 240, 0.5, 0.03, True),
    ("click", 900, 0.8, 0.15, True),
)
TOOLS = (
    *_BASE_TOOLS,
    *(
        (f"{name}_{number}", median * (1 + number % 3), spread, rate, is_mcp)
        for number in range(1, 5)
        for name, median, spread, rate, is_mcp in _BASE_TOOLS
    ),
)
FALLBACKS = {"search_web": "search_archive", "fetch_page": "read_file"}
SPANS_PER_FILE = 125_000
SPANS_PER_LINE = 64
# Sessions whose spans are mixed with one another.
TOGETHER = 24
_POOL = 1 << 16

OURS, MODEL_CLIENT, SERVER = "toolspan.instrumentation", "opentelemetry.instrumentation.x", "mcp"


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written.

    Attributes:
        files: the span files.
        feedback: the file of evaluation events.
        spans: how many spans there are.
        sessions: and sessions.
        tool_calls: and logical tool calls.
    """

    files: list[Path]
    feedback: Path
    spans: int
    sessions: int
    tool_calls: int


def generate(
    directory: Path,
    spans: int,
    *,
    seed: int = 0,
    spans_per_file: int = SPANS_PER_FILE,
    spans_per_line: int = SPANS_PER_LINE,
    with_content: bool = False,
    processes: int | None = None,
) -> Generated:
    """Write about `spans` spans (a session is never cut) as `spans-*.jsonl`, and their feedback.

    Args:
        directory: is made if need be.
        spans: how many at least.
        seed: for the same seed the files are the same to the byte.
        spans_per_file: how many spans a file gets.
        spans_per_line: and a line.
        with_content: whether arguments and results of tool calls are recorded.
        processes: how many work at it; default all cores.
    """
    directory.mkdir(parents=True, exist_ok=True)
    counts = [
        min(spans_per_file, spans - start) for start in range(0, max(1, spans), spans_per_file)
    ]
    orders = [
        (directory, number, count, seed, spans_per_line, with_content)
        for number, count in enumerate(counts)
    ]
    workers = min(len(orders), processes or os.cpu_count() or 1)
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            made = list(pool.map(_write_file, orders))
    else:
        made = [_write_file(order) for order in orders]
    feedback = directory / "events.jsonl"
    feedback.write_text("".join(file.events for file in made), encoding="utf-8")
    return Generated(
        [file.path for file in made],
        feedback,
        sum(file.spans for file in made),
        sum(file.sessions for file in made),
        sum(file.tool_calls for file in made),
    )


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    spans: int
    sessions: int
    tool_calls: int
    events: str


def _write_file(order: tuple[Path, int, int, int, int, bool]) -> _File:
    directory, number, count, seed, per_line, with_content = order
    service = SERVICES[number % len(SERVICES)]
    maker = _Maker(random.Random(f"{seed} {number}"), number, with_content=with_content)
    path = directory / f"spans-{service}-{number:03d}.jsonl"
    events: list[str] = []
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        while written < count:
            made: list[_Span] = []
            for _ in range(TOGETHER):
                event = maker.session(service, made)
                if event:
                    events.append(event)
                if written + len(made) >= count:
                    break
            made.sort(key=lambda span: span[0])
            written += len(made)
            file.writelines(_lines(service, made, per_line))
    return _File(path, written, maker.sessions, maker.tool_calls, "".join(events))


# End, scope, text.
_Span = tuple[int, str, str]
# Start, end, error.
_Try = tuple[int, int, str | None]


def _lines(service: str, spans: list[_Span], per_line: int) -> Iterator[str]:
    for start in range(0, len(spans), per_line):
        scopes: dict[str, list[str]] = {}
        for _, scope, text in spans[start : start + per_line]:
            scopes.setdefault(scope, []).append(text)
        resources = []
        for of, names in ((service, (OURS, MODEL_CLIENT)), ("tool-server", (SERVER,))):
            parts = ",".join(
                f'{{"scope":{{"name":"{name}","version":"1.0.0"}},"spans":[{",".join(scopes[name])}]}}'
                for name in names
                if name in scopes
            )
            if parts:
                resources.append(
                    f'{{"resource":{{"attributes":[{_text("service.name", of)},'
                    f"{_text('service.version', '1.4.2')},"
                    f"{_text('deployment.environment.name', 'production')},"
                    f"{_text('telemetry.sdk.language', 'python')}]}},"
                    f'"scopeSpans":[{parts}]}}'
                )
        yield f'{{"resourceSpans":[{",".join(resources)}]}}\n'


def _text(key: str, value: str) -> str:
    return f'{{"key":"{key}","value":{{"stringValue":"{value}"}}}}'


def _whole(key: str, value: int) -> str:
    return f'{{"key":"{key}","value":{{"intValue":"{value}"}}}}'


def _real(key: str, value: float) -> str:
    return f'{{"key":"{key}","value":{{"doubleValue":{value!r}}}}}'


class _Maker:
    """Makes sessions; all chance comes from one source and a pool of normal deviates."""

    def __init__(self, chance: random.Random, file: int, *, with_content: bool) -> None:
        self._random = chance.random
        self._chance = chance
        self._file = file
        self._with_content = with_content
        self._normals = [chance.gauss(0, 1) for _ in range(_POOL)]
        self._position = 0
        self.sessions = 0
        self.tool_calls = 0
        total, weights = 0.0, []
        for place in range(len(TOOLS)):
            total += 1 / (place + 1) ** 0.9
            weights.append(total)
        self._weights = weights
        self._tool_texts = [
            ",".join(
                (
                    _text("gen_ai.operation.name", "execute_tool"),
                    _text("gen_ai.tool.name", name),
                    _text("gen_ai.tool.type", "function"),
                )
            )
            for name, *_ in TOOLS
        ]

    def _normal(self) -> float:
        self._position = (self._position + 1) % _POOL
        return self._normals[self._position]

    def session(self, service: str, out: list[_Span]) -> str | None:
        """Append the spans of one more session; its feedback, if somebody gave one."""
        number = self._file * 10_000_000 + self.sessions
        self.sessions += 1
        self._out = out
        self._trace = f"{self._chance.getrandbits(128) | 1:032x}"
        self._next_id = (number << 20) | 1
        self._session = f"s-{self._file:03d}-{self.sessions:06d}"
        self._workflow = f"{service}-flow"
        # Some sessions are harder than others: what fails, fails in them.
        self._difficulty = math.exp(0.9 * self._normal())
        self._failures = 0
        day = self._random() * DAYS
        rush = 0.5 + 0.12 * self._normal()
        now = START_NS + int((int(day) + rush % 1) * DAY_NS)
        identity = (
            f"{_text('session.id', self._session)},"
            f"{_text('user.id', f'u-{number % 997:04d}')},"
            f"{_text('toolspan.workflow', self._workflow)}"
        )
        root, start = self._new_id(), now
        steps = 1 + int(self._random() * len(STEPS))
        for index in range(steps):
            step, step_start = self._new_id(), now
            inside = f"{identity},{_text('toolspan.step', STEPS[index])}"
            now = self._agent(step, now + 400_000, inside, self._agent_name(), 0) + 300_000
            says = f"{inside},{_whole('toolspan.step.index', index)}"
            self._add(step, root, f"step {STEPS[index]}", 1, step_start, now, says, None)
        has_failed = self._random() < 0.04 * self._difficulty
        says = (
            f"{identity},{_text('gen_ai.operation.name', 'invoke_workflow')},"
            f"{_text('gen_ai.workflow.name', self._workflow)}"
        )
        name = f"invoke_workflow {self._workflow}"
        self._add(root, None, name, 1, start, now, says, "RuntimeError" if has_failed else None)
        return self._feedback(root, now, has_failed=has_failed)

    def _agent_name(self) -> str:
        return AGENTS[int(self._random() ** 1.5 * len(AGENTS))]

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF

    def _add(
        self, span: int, parent: int | None, name: str, kind: int, start: int, end: int,
        attributes: str, error: str | None, *, outcome: str | None = "", scope: str = OURS,
    ) -> None:  # fmt: skip
        """One span; `outcome` None leaves it unsaid, empty takes it from the error."""
        if error:
            attributes += "," + _text("error.type", error)
        if outcome == "":
            outcome = _OUTCOMES.get(error, "error") if error else "ok"
        if outcome:
            attributes += "," + _text("toolspan.outcome", outcome)
        above = f'"parentSpanId":"{parent:016x}",' if parent is not None else ""
        status = f'{{"code":2,"message":"{error}: {name} gave up after 3 s"}}' if error else "{}"
        text = (
            f'{{"traceId":"{self._trace}","spanId":"{span:016x}",{above}"flags":256,'
            f'"name":"{name}","kind":{kind},"startTimeUnixNano":"{start}",'
            f'"endTimeUnixNano":"{end}","attributes":[{attributes}],"status":{status}}}'
        )
        self._out.append((end, scope, text))

    def _agent(self, parent: int, now: int, identity: str, agent: str, depth: int) -> int:
        span, start = self._new_id(), now
        inside = f"{identity},{_text('toolspan.agent', agent)}"
        model = MODELS[int(self._random() ** 2 * len(MODELS))]
        now += 200_000
        turns = 1 + min(6, int(-math.log(self._random()) * 2.2))
        tokens_in = tokens_out = 0
        for turn in range(turns):
            now, used_in, used_out = self._chat(span, now, inside, model)
            tokens_in += used_in
            tokens_out += used_out
            if turn == turns - 1:
                break
            if depth < 1 and self._random() < 0.05:
                other = AGENTS[(AGENTS.index(agent) + 1) % len(AGENTS)]
                now = self._agent(span, now, identity, other, depth + 1) + 200_000
                continue
            ends = [
                self._call(span, now + 100_000 * place, inside)
                for place in range(1 + (self._random() < 0.3))
            ]
            now = max(ends) + 300_000
        error = "RuntimeError" if self._random() < 0.02 * self._difficulty else None
        says = (
            f"{inside},{_text('gen_ai.operation.name', 'invoke_agent')},"
            f"{_text('gen_ai.agent.name', agent)},{_text('gen_ai.request.model', model[0])},"
            f"{_whole('gen_ai.usage.input_tokens', tokens_in)},"
            f"{_whole('gen_ai.usage.output_tokens', tokens_out)}"
        )
        self._add(span, parent, f"invoke_agent {agent}", 1, start, now, says, error)
        return now

    def _chat(
        self, parent: int, now: int, identity: str, model: tuple[str, str, float, float]
    ) -> tuple[int, int, int]:
        name, provider, price_in, price_out = model
        used_in = 200 + int(self._random() * 9000)
        used_out = 10 + int(self._random() * 900)
        end = now + int(900e6 * math.exp(0.5 * self._normal()))
        cost = round(used_in * price_in + used_out * price_out, 8)
        says = (
            f"{identity},{_text('gen_ai.operation.name', 'chat')},"
            f"{_text('gen_ai.provider.name', provider)},{_text('gen_ai.request.model', name)},"
            f"{_text('gen_ai.response.model', name)},"
            f"{_whole('gen_ai.usage.input_tokens', used_in)},"
            f"{_whole('gen_ai.usage.output_tokens', used_out)},"
            f"{_real('gen_ai.usage.cost.amount', cost)},"
            f"{_text('gen_ai.usage.cost.currency', 'USD')}"
        )
        self._add(
            self._new_id(), parent, f"chat {name}", 3, now, end, says, None,
            outcome=None, scope=MODEL_CLIENT,
        )  # fmt: skip
        return end + 200_000, used_in, used_out

    def _call(self, parent: int, now: int, identity: str, fallback_from: str | None = None) -> int:
        """A tool call with its attempts and layers, and what stands in when it fails."""
        place = self._pick(fallback_from)
        name, *_, is_mcp = TOOLS[place]
        self.tool_calls += 1
        span = self._new_id()
        tries = self._tries(place, now)
        start, end, error = now, tries[-1][1], tries[-1][2]
        if len(tries) > 1:
            self._attempts(span, name, tries, identity)
        elif is_mcp:
            self._layers(span, name, start, end, identity, error)
        says = (
            f"{identity},{self._tool_texts[place]},"
            f"{_text('gen_ai.tool.call.id', f'call_{span:x}')},"
            f"{_text('toolspan.tool_call.layer', 'logical')},"
            f"{_text('toolspan.tool_call.arguments_hash', f'{int(self._random() * 50):016x}')}"
        )
        if len(tries) > 1:
            says += "," + _whole("toolspan.attempt.count", len(tries))
        if fallback_from:
            says += (
                f",{_text('toolspan.fallback.from', fallback_from)},"
                f"{_whole('toolspan.fallback.position', 1)}"
            )
        if self._with_content:
            says += (
                f",{_text('gen_ai.tool.call.arguments', f'{_QUOTED}query{_QUOTED}: {span}')},"
                f"{_text('gen_ai.tool.call.result', f'{_LOREM} {span}')}"
            )
        self._add(span, parent, f"execute_tool {name}", 1, start, end, says, error)
        if error:
            self._failures += 1
            if name in FALLBACKS and not fallback_from:
                return self._call(parent, end + 100_000, identity, name)
        return end

    def _tries(self, place: int, now: int) -> list[_Try]:
        """One try, or up to three while it fails; some tools are never tried again."""
        _, median, spread, rate, _ = TOOLS[place]
        rate = min(0.9, rate * self._difficulty)
        tries: list[_Try] = []
        while True:
            end = now + int(1e6 * median * math.exp(spread * self._normal()))
            error = ERRORS[int(self._random() * len(ERRORS))] if self._random() < rate else None
            tries.append((now, end, error))
            if not error or error == "tool_error" or len(tries) == 3 or place % 3 == 2:
                return tries
            now = end + (50_000_000 << len(tries))

    def _attempts(self, call: int, name: str, tries: list[_Try], identity: str) -> None:
        stamps = f"{identity},{_text('toolspan.tool_call.layer', 'attempt')}"
        for number, (start, end, error) in enumerate(tries, 1):
            says = f"{stamps},{_whole('toolspan.attempt.number', number)}"
            if error:
                says += "," + _text("toolspan.attempt.error_type", error)
            self._add(self._new_id(), call, f"attempt {name}", 1, start, end, says, error)

    def _pick(self, fallback_from: str | None) -> int:
        if fallback_from:
            return _PLACES[FALLBACKS[fallback_from]]
        return min(
            len(TOOLS) - 1, self._chance.choices(range(len(TOOLS)), cum_weights=self._weights)[0]
        )

    def _layers(
        self, call: int, name: str, start: int, end: int, identity: str, error: str | None
    ) -> None:
        span, half = self._new_id(), (end - start) // 20
        says = (
            f"{_text('mcp.method.name', 'tools/call')},{_text('gen_ai.tool.name', name)},"
            f"{_text('gen_ai.operation.name', 'execute_tool')}"
        )
        client = f"{identity},{says},{_text('toolspan.tool_call.layer', 'client')}"
        begin, over = start + half, end - half
        self._add(span, call, f"tools/call {name}", 3, begin, over, client, error)
        begin, over = begin + half, over - half
        self._add(
            self._new_id(), span, f"tools/call {name}", 2, begin, over, says, error,
            outcome=None, scope=SERVER,
        )  # fmt: skip

    def _feedback(self, root: int, now: int, *, has_failed: bool) -> str | None:
        if self._random() > 0.6:
            return None
        score = 0.8 - 0.1 * self._failures - 0.3 * has_failed + 0.15 * self._normal()
        says = ",".join(
            (
                _text("gen_ai.evaluation.name", "quality"),
                _real("gen_ai.evaluation.score.value", round(min(1, max(0, score)), 3)),
                _text("session.id", self._session),
                _text("toolspan.feedback.id", f"fb-{self._session}"),
                _text("toolspan.feedback.source_kind", "human"),
                _text("toolspan.feedback.source_id", "reviewer"),
                _real("toolspan.feedback.scale_min", 0.0),
                _real("toolspan.feedback.scale_max", 1.0),
            )
        )
        return (
            '{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"toolspan.instrumentation"},'
            f'"logRecords":[{{"timeUnixNano":"{now + 60 * 10**9}",'
            f'"eventName":"gen_ai.evaluation.result","attributes":[{says}],'
            f'"traceId":"{self._trace}","spanId":"{root:016x}"}}]}}]}}]}}\n'
        )


_OUTCOMES = {"httpx.ReadTimeout": "timeout", "tool_error": "tool_error"}
_PLACES = {tool[0]: place for place, tool in enumerate(TOOLS)}
_QUOTED = '\\"'
_LOREM = "what a tool found in the pages it was asked to read, cut to some length, " * 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--spans-per-line", type=int, default=SPANS_PER_LINE)
    parser.add_argument("--content", action="store_true", help="record arguments and results")
    arguments = parser.parse_args()
    start = time.monotonic()
    made = generate(
        arguments.directory,
        arguments.spans,
        seed=arguments.seed,
        spans_per_line=arguments.spans_per_line,
        with_content=arguments.content,
    )
    size = sum(path.stat().st_size for path in made.files)
    print(
        f"{made.spans:,} spans, {made.tool_calls:,} tool calls, {made.sessions:,} sessions in "
        f"{len(made.files)} files, {size / 1e6:,.0f} MB; {time.monotonic() - start:.1f} s"
    )


if __name__ == "__main__":
    main()
