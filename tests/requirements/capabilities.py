"""What the recording side must be able to do to be ahead of every existing library (A to O)."""

from requirements._model import built, from_source, unassigned

REQUIREMENTS = from_source(
    "recording capabilities",
    {
        # --- A: decorators and context managers ---
        "capability.A1-every-callable": built(
            "Functions, coroutines, generators, methods of every kind in either order, callables, partials, classes with chosen methods, and sync functions that return an awaitable or iterator are decorated right.",
        ),
        "capability.A1-bare-and-called": built("Every decorator works bare and called."),
        "capability.A1-context-managers": built(
            "Every decorator is also a sync and async context manager."
        ),
        "capability.A1-nothing-lost": built(
            "Kind, signature, types, docstring and pickling of what is decorated stay."
        ),
        "capability.A2-rolling-context": built(
            "A generator's context is attached only while the body runs, carried to the next step, and never current in the consumer.",
        ),
        "capability.A2-full-protocol": built(
            "`send/throw/close` and `asend/athrow/aclose` work in full."
        ),
        "capability.A2-same-task": built(
            "Async generators run in the consumer's task and see its context variables."
        ),
        "capability.A2-ends-once": built(
            "A generator's span ends exactly once: on exhaustion, break, garbage collection, close from another task, interpreter exit.",
        ),
        "capability.A3-outcomes": built("Every call has one of the eight outcomes."),
        "capability.A3-error-type": built("Every failure has an `error.type`."),
        "capability.A3-base-exception": built(
            "Every BaseException ends the span and is raised on unchanged."
        ),
        "capability.A3-returned-failures": built(
            "MCP `isError`, framework statuses and a user's `is_error=` make a returned failure."
        ),
        "capability.A3-bubble-up": built("Exceptions with `is_bubble_up` are `interrupted`."),
        "capability.A4-manners": built(
            "Nothing of ours raises into, mutates, consumes from or prints in the host."
        ),
        "capability.A4-stdio-server": built(
            "A decorated MCP stdio server's stdout carries the protocol only."
        ),
        "capability.A5-static-work": built(
            "Signature and kind are worked out once, at decoration."
        ),
        "capability.A5-nothing-when-off": built(
            "Nothing is computed for spans that are not recording or suppressed."
        ),
        "capability.A5-budgets": built(
            "The budgets hold: on with content, off, without an SDK, with a 1 MB argument."
        ),
        # --- B: content ---
        "capability.B-off-by-default": built(
            "Content is off by default under the standard switch and its modes."
        ),
        "capability.B-per-decorator": built("A decorator can override the content switch."),
        "capability.B-prune-redact-encode": built(
            "Content is pruned, then redacted by key, path and pattern, then encoded: always valid JSON with its original size.",
        ),
        "capability.B-error-text": built("Exception message and stack are governed by a switch."),
        "capability.B-tool-list-once": built(
            "The list of tools is recorded once, not with every request."
        ),
        # --- C: retries and fallbacks ---
        "capability.C-attempts": built(
            "One logical call with a child per attempt: number, previous error, waiting time."
        ),
        "capability.C-fallbacks": built("A fallback says which tool it stands in for."),
        "capability.C-retry-libraries": built(
            "tenacity and stamina retries are recorded without a change of code."
        ),
        "capability.C-framework-retries": built(
            "Retries by a framework's middleware are recorded."
        ),
        "capability.C-inferred-offline": built(
            "Retries are inferred offline from repeated sibling calls."
        ),
        # --- D: identity ---
        "capability.D-every-span": built(
            "Session, user, workflow, step and agent are stamped on every span, third-party ones included.",
        ),
        "capability.D-baggage": built("Identity travels across processes in baggage when asked."),
        "capability.D-util-genai": built(
            "Where util-genai is importable, its chat spans inherit our conversation."
        ),
        "capability.D-call-id": built("Tool call ids come from the provider only."),
        "capability.D-executors": built("A helper keeps the parent in threads and executors."),
        # --- E: MCP ---
        "capability.E-versions": built(
            "MCP 1.x and 2.x are recorded, client and server, also mixed."
        ),
        "capability.E-transports": built(
            "stdio, SSE, streamable HTTP and in-process transports are recorded alike."
        ),
        "capability.E-enrich-native": built(
            "On MCP 2 and FastMCP the live native span is enriched (name, tool, isError, transport, server, protocol, sizes, metrics).",
        ),
        "capability.E-meta-only": built("Context goes into `_meta`; HTTP headers are left alone."),
        "capability.E-link": built("A remote parent that conflicts becomes a link."),
        "capability.E-noise": built("Ping and initialize spans can be dropped by option."),
        "capability.E-guarded-hooks": built("A failing hook target leaves the others working."),
        "capability.E-uninstrument": built("`uninstrument()` restores everything."),
        # --- F: one call counts once ---
        "capability.F-known-scopes": built(
            "Emitters are recognised by their scope, in one table for live and offline use."
        ),
        "capability.F-once-live": built(
            "One tool call counts once live, by an attribute on the outermost span."
        ),
        "capability.F-once-offline": built("One tool call counts once in the analytics."),
        "capability.F-usage-from-leaves": built("Usage is summed from leaf inference spans only."),
        # --- G: metrics ---
        "capability.G-upstream-names": built(
            "Tool, agent and workflow durations have the upstream metric names and buckets."
        ),
        "capability.G-mcp-metrics": built(
            "MCP client and server durations have the upstream metric names and buckets."
        ),
        "capability.G-bounded-names": built(
            "Tool names on metrics are bounded to the registered set."
        ),
        # --- H, I: cost and feedback ---
        "capability.H-price-table": built(
            "Token cost comes from a dated price table that users can replace."
        ),
        "capability.H-authoritative": built(
            "A cost attribute of the provider wins, and the source of a cost is recorded."
        ),
        "capability.I-targets": built("Feedback is given by trace, span, tool call or session id."),
        "capability.I-late-idempotent": built("Feedback may come late and twice."),
        "capability.I-event": built(
            "Feedback is the standard evaluation event, and in the JSONL files."
        ),
        # --- J: zero code ---
        "capability.J-entry-points": built(
            "Instrumentors are standard entry points, each can be disabled alone."
        ),
        "capability.J-targets": built(
            "A YAML file of `module:Class.method` targets (kind, name, arguments to record) needs no change of code.",
        ),
        "capability.J-declarative": built(
            "Targets work under OpenTelemetry's declarative configuration."
        ),
        "capability.J-doctor": built(
            "`doctor` lists matched, missing and already imported targets and who else emits."
        ),
        # --- K, L, M: files and keeping ---
        "capability.K-standard-lines": built(
            "Files are standard OTLP lines that the collector reads."
        ),
        "capability.K-files": built("One file per process, with rotation and compression."),
        "capability.K-crash-safe": built("Files are safe against fork and crash."),
        "capability.K-drops-counted": built("Dropped spans are counted."),
        "capability.K-encode-cost": built(
            "Encoding costs at most 14 µs a span on the reference workload."
        ),
        "capability.L-start-records": built(
            "Optional start records make running and crashed work visible."
        ),
        "capability.M-tail-keep": unassigned(
            "Tail keep-rules (error, slow, bad feedback) by session keep metrics complete."
        ),
        # --- N: packaging and citizenship ---
        "capability.N-light-core": built(
            "The base install is OpenTelemetry, wrapt and pyyaml; frameworks and analysis are extras.",
        ),
        "capability.N-no-upper-pins": built("No upper pin is tighter than the next major version."),
        "capability.N-import-time": built(
            "`import toolspan.instrumentation` takes less than 50 ms beyond the API."
        ),
        "capability.N-no-global-provider": built(
            "The global provider is never set by importing or decorating."
        ),
        "capability.N-typed": built("Every package ships `py.typed`."),
        "capability.N-suppress-key": built("The suppress-instrumentation key is honoured."),
        "capability.N-framework-extras": built(
            "Each framework that needs a package has an extra of its own."
        ),
        # --- O: reading what others write ---
        "capability.O-openinference": built("OpenInference spans are normalised on read."),
        "capability.O-traceloop": built("`traceloop.*` spans are normalised on read."),
        "capability.O-langfuse": built("`langfuse.*` spans are normalised on read."),
        "capability.O-mlflow": built("`mlflow.*` spans are normalised on read."),
        "capability.O-logfire": built("`logfire.*` spans are normalised on read."),
        "capability.O-native-mcp": built("Native MCP spans are normalised on read."),
    },
)
