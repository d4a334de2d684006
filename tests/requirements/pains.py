"""What users of existing instrumentation complain about, most frequent first, turned into promises."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "recording pains",
    {
        "pain.01-failed-detach": built(
            "Generators closed early or in another task log no failed detach and leave right parents.",
        ),
        "pain.02-abandoned-streams": built(
            "The span of an abandoned stream or generator is recorded."
        ),
        "pain.03-cancelled-work": built(
            "Cancelled work is recorded: every BaseException ends the span."
        ),
        "pain.04-returned-failures": built(
            "A returned failure (`isError`, a framework's status) is no success."
        ),
        "pain.04-swallowed-errors": built(
            "An exception that the framework swallows is recorded with its real type."
        ),
        "pain.05-control-flow": built(
            "Control-flow exceptions (interrupts, human in the loop) are `interrupted`, no errors.",
        ),
        "pain.06-disjoint-mcp-traces": built("MCP client and server spans are in one trace."),
        "pain.07-duplicate-spans": built("Stacked instrumentation layers give one logical call."),
        "pain.07-repeated-payloads": built(
            "No payload is stored twice, and the tool list is not sent again with every request."
        ),
        "pain.08-double-counting": built(
            "Tokens and cost that an agent span repeats from its children are counted once."
        ),
        "pain.09-thread-pools": built("Tool calls in thread pools keep their parent."),
        "pain.10-huge-payloads": built(
            "Payloads are bounded, so that no batch is lost to its size."
        ),
        "pain.11-field-redaction": built(
            "Fields inside arguments and results are redacted by key, path and pattern."
        ),
        "pain.11-masking-holes": built(
            "Names, events, status and error text are redacted as well."
        ),
        "pain.12-serializer-safety": built(
            "Hostile objects (evil repr, NaN, cycles, endless iterators) neither crash nor hang the app.",
        ),
        "pain.13-wide-ranges": built("No dependency is pinned below its next major version."),
        "pain.13-declared-imports": built(
            "Every third-party import of the base floors is a declared dependency."
        ),
        "pain.13-pip-resolves": built("Debian 12's pip and uv install the wheel."),
        "pain.14-wrapt-2": built("wrapt 1 and 2 both work: its functions are called positionally."),
        "pain.14-one-missing-attribute": built(
            "A renamed or missing attribute of a library disables that one hook and nothing else.",
        ),
        "pain.15-global-provider": built(
            "The global TracerProvider is neither replaced nor polluted."
        ),
        "pain.16-exit": built("No span is lost at interpreter exit."),
        "pain.16-fork": built("No span is lost in forked workers."),
        "pain.16-worker-recycle": built("No span is lost when a worker is recycled or killed."),
        "pain.17-retries-and-fallbacks": built("Retries and fallbacks of tools are visible."),
        "pain.18-tool-call-id": built(
            "A tool run carries the provider's tool call id, and never an invented one."
        ),
        "pain.19-running-work": built(
            "Running and crashed calls can be seen before their root ends."
        ),
        "pain.20-session-on-all-spans": built("The session id is on all spans."),
        "pain.20-late-feedback": built("Feedback can be given after the fact."),
        "pain.20-local-jsonl": built("Spans can be had as local JSON lines without a server."),
        "pain.also-imported-early": built(
            "Symbols imported before `instrument()` are recorded, or `doctor` names the holder."
        ),
        "pain.also-stdout-noise": built("An instrumented MCP stdio server's stdout stays clean."),
        "pain.also-overhead": built("Overhead is within the budgets and memory stays flat."),
    },
)
