"""One machine, then many; security and privacy."""

from requirements._model import built, from_source, unassigned

REQUIREMENTS = from_source(
    "design section 8, one machine, then many",
    {
        "design.8-embedded-engine": built(
            "The embedded engine runs in process and out of core, and installs no extension at run time.",
        ),
        "design.8-object-stores": built("Object stores are read through fsspec."),
        "design.8-clickhouse": unassigned("The same measures give equal numbers on ClickHouse."),
        "design.8-spark": unassigned("The same measures give equal numbers on Apache Spark."),
    },
) | from_source(
    "design section 9, security and privacy",
    {
        "design.9-redaction-in-the-call": built(
            "Content is redacted before anything leaves the call."
        ),
        "design.9-loopback": unassigned(
            "Every server of ours binds 127.0.0.1 unless told otherwise."
        ),
        "design.9-no-own-telemetry": built(
            "Nothing is sent anywhere that the user has not configured."
        ),
        "design.9-html-escaped": built("Trace content in HTML is escaped."),
        "design.9-csv-injection": built("Trace content in CSV cannot start a formula."),
        "design.9-terminal-controls": built(
            "Terminal control characters in trace content are stripped before they are printed."
        ),
        "design.9-bounded-input": built("Sizes and depths of what is read are bounded."),
        "design.9-no-eval": built("Nothing that is read is evaluated, executed or unpickled."),
        "design.9-no-sql-from-content": built("No SQL is built from trace content."),
    },
)
