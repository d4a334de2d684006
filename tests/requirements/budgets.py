"""Budgets: what recording, writing and reading may cost, as ratios within one run."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "design section 7, budgets",
    {
        "design.7-decorated-call": built(
            "A decorated call costs at most 1.1 times a bare span with the same attributes (no meter, identity or content).",
        ),
        "design.7-decorated-call-content": built(
            "With arguments and result captured it costs at most 1.3 times a bare span with the same attributes.",
        ),
        "design.7-decorated-call-everything": built(
            "With metrics and identity as well it costs at most 1.9 times a bare span."
        ),
        "design.7-disabled-call": built(
            "A disabled decorated call costs at most 3 times a plain `functools.wraps` closure."
        ),
        "design.7-large-argument": built("A 1 MB argument costs at most 0.1 ms with capture on."),
        "design.7-encode": built("Encoding costs at most 0.25 of the official JSON exporter's."),
        "design.7-batch-cpu": built(
            "Flat out in batch mode the process takes at most 1.8 times its CPU without a processor.",
        ),
        "design.7-caller-latency": built(
            "At 2 000 spans/s the caller's p99.9 is at most 4 times (write-through) or 2 times (batch) that without a processor.",
        ),
        "design.7-import": built(
            "`import toolspan.instrumentation` adds at most 50 ms beyond the API, and `instrument()` imports no framework.",
        ),
        "design.7-read": built(
            "Reading into canonical tables costs at most 1.5 times the best raw extraction, within 2 GB at any size.",
        ),
        "design.7-measures": built(
            "All standard measures take at most 3 s on 1 M spans and 30 s each on 20 M spans within 2 GB.",
        ),
        "design.7-cli": built(
            "`--help` answers within 150 ms, the first table on cached or small input within 600 ms.",
        ),
        "design.7-live": built(
            "A span is queryable within 500 ms (p50); six views over 1 M rows refresh within 600 ms.",
        ),
        "design.7-recorder-memory": built(
            "5 000 recorded calls take at most 20 MB beyond the interpreter."
        ),
    },
)
