"""The Grafana dashboard of tool calls, built with Grafana's own types.

    pip install 'toolspan[dev]'
    python deploy/grafana/dashboard.py     # writes deploy/grafana/dashboards/tools.json

Change this file, never the JSON: a test compares the two, and asks real Prometheus every query.
"""

from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FILE: Final = Path(__file__).with_name("dashboards") / "tools.json"

# Chosen in the dashboard, so that it can be imported anywhere.
SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")

_CHOSEN: Final = 'job=~"$job",gen_ai_tool_name=~"$tool"'
_JUDGED: Final = 'toolspan_outcome=~"ok|error|tool_error|timeout"'
_FAILED: Final = 'toolspan_outcome=~"error|tool_error|timeout"'
_TOOL: Final = "gen_ai_tool_name"
_TOOL_LEGEND: Final = "{{gen_ai_tool_name}}"
_SAMPLED: Final = "otelcol_processor_tail_sampling_global_count_traces_sampled"
_RED_FROM: Final = 0.1


def calls(more: str = "") -> str:
    """The counter of the chosen calls, with one more condition on its labels."""
    return f"toolspan_calls_total{{{_CHOSEN}{',' if more else ''}{more}}}"


def failed_share(by: str, window: str) -> str:
    """Failures / (ok + failures) by a label; without calls there is no share."""
    failed = f"sum by ({by}) (increase({calls(_FAILED)}[{window}]))"
    judged = f"sum by ({by}) (increase({calls(_JUDGED)}[{window}]))"
    return f"({failed} or {judged} * 0) / ({judged} > 0)"


def percentile_95(by: str, window: str) -> str:
    """The 95th percentile of the duration in seconds by labels."""
    buckets = f"toolspan_duration_seconds_bucket{{{_CHOSEN}}}"
    return f"histogram_quantile(0.95, sum by ({by}) (increase({buckets}[{window}]))) > 0"


def charges(window: str) -> str:
    """What the chosen tools charged."""
    return f"increase(toolspan_tool_cost_total{{{_CHOSEN}}}[{window}])"


def number(title: str, expression: str, unit: str, *, red_from: float | None = None) -> stat.Panel:
    """One number over the time that is shown."""
    panel = (
        stat.Panel()
        .title(title)
        .unit(unit)
        .datasource(SOURCE)
        .height(4)
        .span(6)
        .no_value("none")
        .with_target(
            prometheus.Dataquery().expr(expression).legend_format("__auto").instant().ref_id("A")
        )
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return panel.thresholds(_red_from(red_from)) if red_from else panel


def lines(
    title: str, unit: str, *queries: tuple[str, str], description: str = ""
) -> timeseries.Panel:
    """Lines over time; each query with its legend."""
    panel = (
        timeseries.Panel()
        .title(title)
        .unit(unit)
        .description(description)
        .datasource(SOURCE)
        .height(8)
        .span(12)
        .min(0)
        .fill_opacity(10)
        .show_points(VisibilityMode.AUTO)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.RIGHT)
            .show_legend(True)
            .calcs(["lastNotNull"])
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    for letter, (expression, legend) in zip("ABCDEF", queries, strict=False):
        panel.with_target(
            prometheus.Dataquery()
            .expr(expression)
            .legend_format(legend)
            .exemplar(True)  # dots that lead to a trace
            .ref_id(letter)
        )
    return panel


def stacked(panel: timeseries.Panel) -> timeseries.Panel:
    """The lines on top of each other."""
    return panel.stacking(StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(60)


def tools() -> table.Panel:
    """One row for each tool over the time that is shown."""
    columns = {
        "Calls": (f"sum by ({_TOOL}) (increase({calls()}[$__range]))", "short"),
        "Failed": (failed_share(_TOOL, "$__range"), "percentunit"),
        "95th percentile": (percentile_95(f"{_TOOL}, le", "$__range"), "s"),
        "Charged": (f"sum by ({_TOOL}) ({charges('$__range')})", "short"),
    }
    panel = (
        table.Panel()
        .title("Tools")
        .description(
            "Failed is failures / (ok + failures). The percentile is interpolated within buckets "
            "that double; `toolspan tools` gives the exact one, and intervals."
        )
        .datasource(SOURCE)
        .height(9)
        .span(24)
        .filterable(True)
    )
    for letter, (title, (expression, unit)) in zip("ABCD", columns.items(), strict=True):
        panel.with_target(
            prometheus.Dataquery()
            .expr(expression)
            .instant()
            .format(PromQueryFormat.TABLE)
            .ref_id(letter)
        )
        decimals = 0 if title == "Calls" else 2
        panel.override_by_name(
            title,
            [
                DynamicConfigValue("unit", unit),
                DynamicConfigValue("decimals", decimals),
            ],
        )
    names = {f"Value #{letter}": title for letter, title in zip("ABCD", columns, strict=True)}
    return panel.with_transformation(
        DataTransformerConfig("merge", options={})
    ).with_transformation(
        DataTransformerConfig(
            "organize",
            options={
                "excludeByName": {"Time": True},
                "renameByName": {_TOOL: "Tool", **names},
            },
        )
    )


def variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """A choice among the values of a label."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": query, "refId": "A"})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .include_all(True)
        .multi(True)
        .all_value(".*")
    )


def build() -> dashboard.Dashboard:
    """The dashboard."""
    rate = "$__rate_interval"
    return (
        dashboard.Dashboard("Tool calls of agents")
        .uid("toolspan-tools")
        .description("Each logical tool call once, before any sampling. Made by toolspan.")
        .tags(["toolspan"])
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
        .with_variable(variable("job", "Service", "label_values(toolspan_calls_total, job)"))
        .with_variable(
            variable(
                "tool", "Tool", 'label_values(toolspan_calls_total{job=~"$job"}, gen_ai_tool_name)'
            )
        )
        .with_panel(number("Calls", f"sum(increase({calls()}[$__range]))", "short"))
        .with_panel(
            number(
                "Failed",
                f"(sum(increase({calls(_FAILED)}[$__range])) or vector(0))"
                f" / (sum(increase({calls(_JUDGED)}[$__range])) > 0)",
                "percentunit",
                red_from=_RED_FROM,
            )
        )
        .with_panel(number("95th percentile", percentile_95("le", "$__range"), "s"))
        .with_panel(
            number(
                "Charged",
                f"sum by (toolspan_tool_cost_currency) ({charges('$__range')})",
                "short",
            )
        )
        .with_panel(tools())
        .with_panel(
            stacked(
                lines(
                    "Calls by outcome",
                    "cpm",
                    (
                        f"sum by (toolspan_outcome) (rate({calls()}[{rate}])) * 60",
                        "{{toolspan_outcome}}",
                    ),
                )
            )
        )
        .with_panel(
            lines(
                "Failed, last 30 minutes",
                "percentunit",
                (f"tool:toolspan_error_ratio:ratio30m{{{_CHOSEN}}}", _TOOL_LEGEND),
                description="From the recording rules. `ToolFailing` looks at the lower limit of "
                "the 95 % interval of this.",
            ).max(1)
        )
        .with_panel(
            lines(
                "95th percentile by tool",
                "s",
                (percentile_95(f"{_TOOL}, le", rate), _TOOL_LEGEND),
            )
        )
        .with_panel(
            lines(
                "Failures by kind",
                "cpm",
                (
                    f"sum by ({_TOOL}, error_type) (rate({calls(_FAILED)}[{rate}])) * 60",
                    f"{_TOOL_LEGEND}: {{{{error_type}}}}",
                ),
            )
        )
        .with_panel(
            stacked(
                lines(
                    "Charged per hour",
                    "short",
                    (
                        f"sum by ({_TOOL}, toolspan_tool_cost_currency) ({charges('1h')})",
                        f"{_TOOL_LEGEND} {{{{toolspan_tool_cost_currency}}}}",
                    ),
                )
            )
        )
        .with_panel(
            lines(
                "Calls by agent",
                "cpm",
                (f"sum by (toolspan_agent) (rate({calls()}[{rate}])) * 60", "{{toolspan_agent}}"),
            )
        )
        .with_row(dashboard.Row("The collector"))
        .with_panel(
            lines(
                "Spans",
                "cps",
                ("sum(rate(otelcol_receiver_accepted_spans[5m]))", "accepted"),
                ("sum(rate(otelcol_receiver_refused_spans[5m]))", "refused"),
                (
                    'sum(rate(otelcol_exporter_sent_spans{exporter="file/spans"}[5m]))',
                    "archived",
                ),
                description="What is accepted has to be archived.",
            )
        )
        .with_panel(
            lines(
                "Traces, kept for Jaeger and Tempo",
                "cps",
                (
                    f"sum by (decision) (rate({_SAMPLED}[5m]))",
                    "{{decision}}",
                ),
            )
        )
    )


def as_json(built: Any) -> str:
    """The dashboard as the file that Grafana reads."""
    return JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


def _red_from(value: float) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=None, color="green"), Threshold(value=value, color="red")])
    )


if __name__ == "__main__":
    FILE.write_text(as_json(build().build()), encoding="utf-8")
