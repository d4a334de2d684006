"""What the analysis side must be able to do, ranked by its value to users (1 to 14), and how well."""

from requirements._model import built, from_source, unassigned

REQUIREMENTS = from_source(
    "analytics capabilities",
    {
        # --- 1: tables ---
        "analytics.01-dimensions": built(
            "Tools, agents, workflows, steps, models and MCP servers have calls, success, error groups, percentiles, retries, cost and tokens.",
        ),
        "analytics.01-intervals": built(
            "Each of those carries a cluster-correct interval, n, sessions and a verdict."
        ),
        "analytics.01-roll-ups": built("Roll-ups count nothing twice."),
        "analytics.01-any-attribute": built("Any attribute can be a dimension."),
        "analytics.01-inputs": built("Files, directories, globs and stdin are read."),
        "analytics.01-outputs": built(
            "Results come as DataFrame, CSV, JSON, JSONL, Parquet, Markdown and HTML."
        ),
        # --- 2: feedback ---
        "analytics.02-imports": built(
            "Feedback comes in from six formats and from OpenTelemetry events."
        ),
        "analytics.02-join-report": built(
            "A join report always says what matched, what did not and why."
        ),
        "analytics.02-agreement": built("Agreement between raters and sources is measured."),
        "analytics.02-correlate": built("`correlate` follows the recommended procedure."),
        "analytics.02-forest-plot": built("Tool effects are drawn as a forest plot."),
        "analytics.02-refusals": built("What cannot be answered is refused in exact words."),
        # --- 3: cost ---
        "analytics.03-tool-charge": built("A tool's own charge is part of its cost."),
        "analytics.03-carried-cost": built(
            "Tokens that a tool's schema and results add to later turns are charged to it."
        ),
        "analytics.03-per-successful-session": built("Cost is given per successful session."),
        "analytics.03-wasted": built("Cost wasted on failures, retries and loops is named."),
        # --- 4: comparison ---
        "analytics.04-gate": built("Two sets of traces compare to PASS, FAIL or INCONCLUSIVE."),
        "analytics.04-self-check": built(
            "An A/A self-check and the sessions still needed are given."
        ),
        "analytics.04-pull-request": built(
            "The verdict comes as Markdown for a pull request, JUnit and JSON."
        ),
        # --- 5: reliability ---
        "analytics.05-retry-ladder": built(
            "Success by attempt, with the latency and cost that retries add."
        ),
        "analytics.05-useless-retries": built("Retries that never help are recognised."),
        "analytics.05-fallback-rescue": built("How often a fallback rescues is given."),
        "analytics.05-timeouts": built("Timeouts are counted in their own column."),
        "analytics.05-loops": built(
            "Loops, oscillation and repeated calls with like arguments are found."
        ),
        "analytics.05-dead-ends": built("Tools after which nothing follows are found."),
        "analytics.05-error-propagation": built(
            "How tool errors go with failed sessions is measured."
        ),
        # --- 6: critical path ---
        "analytics.06-critical-path": built(
            "The share of session time on the critical path is given per tool, agent and step, over all runs.",
        ),
        "analytics.06-what-if": built("What a faster tool would save is estimated."),
        "analytics.06-missed-parallelism": built(
            "Calls that could have run in parallel are found."
        ),
        # --- 7: paths ---
        "analytics.07-transitions": built(
            "Transitions between tools have counts, intervals and p50."
        ),
        "analytics.07-variants": unassigned(
            "Path variants are listed, with a guard against all-unique paths."
        ),
        "analytics.07-success-per-path": unassigned("Success is given per path."),
        "analytics.07-conformance": unassigned("Paths are checked against declared rules."),
        "analytics.07-export": unassigned("Paths are exported as XES and Mermaid."),
        # --- 8: report ---
        "analytics.08-one-page": built(
            "One page in plain words says what works, what does not and what to do, with numbers and uncertainty.",
        ),
        "analytics.08-recommendations": built(
            "Three to seven deterministic recommendations carry evidence, saving, confidence, example sessions and a next step.",
        ),
        # --- 9: live ---
        "analytics.09-status": built(
            "Status of the window against the one before, per tool, with the reason."
        ),
        "analytics.09-anytime-valid": unassigned(
            "Live status may be looked at often without false alarms."
        ),
        "analytics.09-alert-rules": built(
            "Alert rules are thresholds on any measure, with n and interval respected."
        ),
        "analytics.09-sinks": unassigned(
            "Alerts reach Slack, e-mail, PagerDuty, a webhook or a program, deduplicated."
        ),
        "analytics.09-dashboard": unassigned("A live dashboard follows growing files."),
        "analytics.09-tui": built("A terminal dashboard follows growing files."),
        "analytics.09-grafana-prometheus": built(
            "Grafana and Prometheus get dashboards and rules."
        ),
        # --- 10: trends ---
        "analytics.10-trends": built("Trends from minutes to months, with intervals."),
        "analytics.10-change-points": unassigned(
            "Change points are found and tied to version changes."
        ),
        # --- 11: SQL ---
        "analytics.11-views": built(
            "The canonical tables are documented SQL views on the embedded engine."
        ),
        "analytics.11-same-numbers": unassigned(
            "The same definitions give equal numbers on ClickHouse and Spark."
        ),
        # --- 12: sessions ---
        "analytics.12-worst-sessions": built("Sessions can be ranked and searched."),
        "analytics.12-waterfall": built("A session is shown as a waterfall in text."),
        "analytics.12-waterfall-html": unassigned("A session is shown as a waterfall in HTML."),
        "analytics.12-similar": unassigned("Sessions like a given one are found."),
        # --- 13, 14 ---
        "analytics.13-early-warning": unassigned(
            "A model warns early of failing sessions, and says when it is no better than the base rate."
        ),
        "analytics.13-off-policy": unassigned(
            "Off-policy estimates for the choice of tools refuse what the data cannot carry."
        ),
        "analytics.14-for-agents": unassigned(
            "Coding agents can query results over MCP, with a JSON schema."
        ),
        # --- 15: datasets to keep and share ---
        "analytics.15-dataset": built(
            "Traces of any origin are kept as a partitioned Parquet dataset that gives every number the files gave.",
        ),
        "analytics.15-again": built(
            "A dataset is added to, put together with others and read beside its files, and nothing counts twice.",
        ),
        "analytics.15-atomic": built("Whatever interrupts it, a dataset is as before or as after."),
        "analytics.15-refusals": built(
            "Nothing is written over what is no dataset; one from the future says which toolspan it needs.",
        ),
        # --- quality ---
        "analytics.quality-laptop": built("Ten million spans are analysed on a laptop."),
        "analytics.quality-damage": built(
            "Malformed and truncated lines are counted and reported."
        ),
        "analytics.quality-mixed": built("Mixed conventions in one input are read together."),
        "analytics.quality-time-zones": built("Results do not depend on the machine's time zone."),
        "analytics.quality-seeds": built("Random procedures have deterministic seeds."),
        "analytics.quality-no-content": built("No analysis needs recorded content."),
    },
)
