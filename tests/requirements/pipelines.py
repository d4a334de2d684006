"""Spans on their way: collector, Jaeger, Tempo, Prometheus, proven against the real programs."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "issue 9, the floor and how it must be shown",
    {
        # --- the collector ---
        "pipelines.valid-configurations": built(
            "The real collector accepts every configuration of the repository."
        ),
        "pipelines.misspelt-key": built("A misspelt key is refused by its name."),
        "pipelines.same-tables": built(
            "Agent, collector, files, analysis: the same tables as from the agent's own files."
        ),
        "pipelines.redaction": built(
            "Redaction masks content and error text, and never ids, names, times or other values of toolspan."
        ),
        "pipelines.restart": built(
            "A collector that is stopped or killed loses nothing that it had accepted, and goes on in the same file."
        ),
        "pipelines.rotation-and-frames": built(
            "The analysis reads rotated files and the collector's framed zstd."
        ),
        "pipelines.replay": built(
            "Files of toolspan arrive unchanged through the collector's `otlp_json_file` receiver."
        ),
        "pipelines.events-apart": built(
            "Feedback events have files of their own; an application's log lines are not among them."
        ),
        "pipelines.sample": built(
            "Jaeger and Tempo get every error, everything slow and a share of the rest; the archive gets all."
        ),
        # --- metrics ---
        "pipelines.one-call-counts-one": built(
            "One MCP call of three spans is 1 in real Prometheus."
        ),
        "pipelines.no-pseudo-tools": built(
            "Pseudo tools are not counted, by scope and name; a user's own tool of that name is."
        ),
        "pipelines.rules": built(
            "Rules on error ratio, p95 against its baseline, silence and cost, tested by promtool loud and quiet."
        ),
        "pipelines.dashboard": built(
            "Real Prometheus answers every query of the dashboard, which is made from code."
        ),
        "pipelines.compose": built(
            "The compose file keeps to its schema, pins its images, and mounts what is there."
        ),
        # --- send ---
        "pipelines.direct": built(
            "The standard exporters and variables send beside the agent's own files."
        ),
        "pipelines.send-exact": built(
            "`toolspan send` delivers what the files say, over gRPC and HTTP, to the collector, rotel and Jaeger."
        ),
        "pipelines.send-retries": built(
            "`send` tries again as OTLP says, and no longer than asked."
        ),
        "pipelines.send-resume": built(
            "An interrupted `send` goes on where it stopped, also after SIGKILL."
        ),
        "pipelines.send-progress": built("`send` shows on a terminal how far it is."),
        "pipelines.send-tls": built(
            "`send` takes certificates from the standard variables, and tells which cannot be read."
        ),
        "pipelines.jaeger": built("What was sent is what Jaeger's query API gives back."),
        # --- documentation ---
        "pipelines.how-to": built(
            "The commands of the how-to pages run against the real programs."
        ),
    },
)
