"""Status of a window against the one before, and thresholds that respect n and intervals."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.traces import otlp, tool, write_lines
from toolspan.analytics import UsageError, open_traces
from toolspan.analytics.measures import judge

HOUR_MS = 3_600_000
# support.traces begins at 09:00; the window is 10:00 to 11:00, the one before 09:00 to 10:00.
NOW = "2026-03-02T11:00:00Z"


def calls(
    name: str,
    n: int,
    *,
    failed: int = 0,
    hour: int = 1,
    ms: float = 100,
    sessions: int = 20,
    **more: Any,
) -> list[dict[str, Any]]:
    """Calls of a tool in an hour, spread over sessions; the first of them failed."""
    base = sum(map(ord, name)) * 1000 + hour * 100_000_000
    return [
        tool(
            name,
            base + i,
            trace=base + i % sessions,
            at=hour * HOUR_MS + i * 1000,
            ms=ms,
            error="ValueError" if i < failed else None,
            **more,
        )
        for i in range(n)
    ]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(*groups: list[dict[str, Any]]) -> Path:
        spans = [span for group in groups for span in group]
        return write_lines(tmp_path / "spans.jsonl", otlp(spans))

    return write


# --- status ----------------------------------------------------------------------------------


@pytest.mark.requirement("analytics.09-status")
def test_status_compares_the_window_with_the_one_before(written, cli) -> None:
    path = written(
        calls("search", 40, failed=20),
        calls("search", 80, failed=2, hour=0),
        calls("fetch", 80, ms=1000),
        calls("fetch", 80, ms=10, hour=0),
        calls("clock", 50),
        calls("rare", 3),
    )
    with open_traces(path) as traces:
        status = traces.status("1h", until=NOW)
        assert (status.level, status.active_sessions) == ("bad", 63)
        assert status.now is not None
        assert status.before is not None
        assert (status.now["calls"], status.before["calls"]) == (173, 160)
        assert (status.now["p95_ms"], status.before["p95_ms"]) == (1000, 100)
        assert [(t["tool_name"], t["level"], t["reason"]) for t in status.tools] == [
            ("search", "bad", "succeeds in at most 66 % of calls"),
            ("fetch", "warn", "p95 is 100.0 times what it was"),
            ("rare", "unsure", "little data"),
            ("clock", "ok", ""),
        ]
        assert list(status.frame()["tool_name"]) == ["search", "fetch", "rare", "clock"]
        assert status._repr_html_().startswith("<pre>✗ the last 1h")
    assert cli("status", path, "--since", "1h", "--until", NOW) == 0
    assert cli.out.splitlines()[:4] == [
        "✗ the last 1h",
        "  calls                 173   +8 % on the window before",
        "  success            88.4 %   before 98.8 %",
        "  p95                   1 s   before 100 ms",
    ]
    assert cli("status", path, "--since", "1h", "--until", NOW, "--format", "json") == 0
    told = json.loads(cli.out)
    assert (told["level"], told["now"]["calls"], told["tools"][0]["level"]) == ("bad", 173, "bad")


def test_a_quiet_window_says_when_the_last_call_was(written, cli) -> None:
    path = written(calls("search", 3, hour=0))
    assert cli("status", path, "--since", "15m", "--until", NOW) == 0
    assert cli.out == "? the last 15m: no calls; the newest was 120 min before\n"
    assert cli("status", path, "--since", "2h", "--until", NOW, "--where", "tool_name=search") == 0
    assert "nothing before" in cli.out


def test_watching_shows_what_came_in_between(written, cli, monkeypatch) -> None:
    path = written(calls("search", 3))
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        written(calls("search", 5))

    monkeypatch.setattr("toolspan.analytics.cli.status.time.sleep", sleep)
    arguments = ("--until", NOW, "--watch", "--every", "2", "--times", "2", "--format", "json")
    assert cli("status", path, *arguments) == 0
    assert [json.loads(line)["now"]["calls"] for line in cli.out.splitlines()] == [3, 5]
    assert waited == [2]


def test_watching_ends_quietly_when_interrupted(written, cli, monkeypatch) -> None:
    path = written(calls("search", 3))

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("toolspan.analytics.cli.status.time.sleep", interrupt)
    assert cli("status", path, "--watch") == 130
    assert "Traceback" not in cli.err


@pytest.mark.parametrize("since", ["soon", "-1h", "0h", "2026-03-02"])
def test_a_window_of_no_length_is_bad_usage(written, cli, since: str) -> None:
    assert cli("status", written(calls("search", 3)), f"--since={since}") == 2
    assert "is no length of time" in cli.err


WELL = {
    "calls": 100, "ok": 99, "errors": 1, "abandoned": 0, "note": None,
    "success_rate": 0.99, "success_rate_low": 0.95, "success_rate_high": 1.0,
    "p95_ms": 100.0, "p95_low_ms": 90.0, "p95_high_ms": 120.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "before", "level", "reason"),
    [
        ({}, None, "ok", ""),
        ({}, {}, "ok", ""),
        ({"abandoned": 6}, None, "bad", "6 of 100 calls never ended"),
        ({"abandoned": 5}, None, "ok", ""),
        ({"success_rate": 0.8, "success_rate_high": 0.89}, None, "bad", "succeeds in at most 89 % of calls"),
        ({"success_rate": 0.8, "errors": 2, "ok": 8}, None, "warn", "2 of 10 calls failed"),
        ({"success_rate": 0.8, "errors": 1, "ok": 4, "note": "little data"}, None, "unsure", "little data"),
        ({"success_rate": 0.975, "success_rate_high": 0.98}, {"success_rate_low": 0.985}, "warn", "success fell from 99 to 98 %"),
        ({"p95_ms": 200.0, "p95_low_ms": 150.0}, {}, "warn", "p95 is 2.0 times what it was"),
        ({"p95_ms": 140.0, "p95_low_ms": 130.0}, {}, "ok", ""),
        ({"success_rate": None, "success_rate_high": None}, None, "unsure", "no call ended ok or failed"),
    ],
)  # fmt: skip
def test_health(changed, before, level: str, reason: str) -> None:
    health = judge({**WELL, **changed}, None if before is None else {**WELL, **before})
    assert (health.level, health.reason) == (level, reason)


# --- checks ----------------------------------------------------------------------------------


@pytest.fixture
def checked(written, cli, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Verdicts of a rule on 40 calls of search (20 failed), 100 of clock (none), 3 of rare."""
    path = written(calls("search", 40, failed=20), calls("clock", 100), calls("rare", 3))

    def check(rule: str, *options: str) -> tuple[int, dict[str, str]]:
        rules = tmp_path / "rules.toml"
        rules.write_text(f"[[rule]]\n{rule}\n")
        code = cli("check", rules, path, "--format", "json", *options)
        return code, {v["of"]: v["result"] for v in json.loads(cli.out)} if cli.out else {}

    return check


@pytest.mark.requirement("analytics.09-alert-rules", "design.2-exit-codes")
@pytest.mark.parametrize(
    ("rule", "code", "results"),
    [
        ('column = "success_rate"\nmin = 0.9', 1, {"clock": "passed", "search": "failed", "rare": "too_little_data"}),
        ('column = "success_rate"\nmin = 0.9\nof = "clock"', 0, {"clock": "passed"}),
        ('column = "success_rate"\nmin = 0.9\nof = "rare"', 3, {"rare": "too_little_data"}),
        ('column = "success_rate"\nmin = 0.6\nof = "search"', 3, {"search": "too_little_data"}),
        ('column = "success_rate"\nmin = 0.98\nof = "overall"', 1, {"overall": "failed"}),
        ('column = "error_rate"\nmax = 0.1\nof = "search"', 1, {"search": "failed"}),
        ('column = "error_rate"\nmax = 0.4\nof = "search"', 3, {"search": "too_little_data"}),
        ('column = "p95_ms"\nmax = 50\nof = "clock"', 1, {"clock": "failed"}),
        ('column = "p95_ms"\nmax = 50\nof = "search"', 1, {"search": "failed"}),
        ('column = "p95_ms"\nmax = 150\nof = "clock"', 0, {"clock": "passed"}),
        ('column = "mean_ms"\nmax = 50\nof = "clock"', 1, {"clock": "failed"}),
        ('column = "errors"\nmax = 5\nof = "search"', 1, {"search": "failed"}),
        ('column = "errors"\nmax = 5\nof = "rare"', 0, {"rare": "passed"}),
        ('column = "errors"\nmax = 5\nof = "rare"\nat_least = 20', 3, {"rare": "too_little_data"}),
        ('column = "calls"\nmin = 1\nof = "gone"', 1, {"gone": "failed"}),
        ('column = "success_rate"\nmin = 0.5\nof = "gone"', 3, {"gone": "too_little_data"}),
        ('column = "cost"\nmax = 1\nof = "overall"', 3, {"overall": "too_little_data"}),
        ('column = "success_rate"\nmin = 0.9\nof = "overall"\nwhere = ["tool_name=clock"]', 0, {"overall": "passed"}),
        ('measure = "agents"\ncolumn = "runs"\nmin = 1\nof = "overall"', 1, {"overall": "failed"}),
        ('measure = "agents"\ncolumn = "success_rate"\nmin = 0.9', 3, {"*": "too_little_data"}),
        ('measure = "errors"\ncolumn = "count"\nmax = 5', 1, {"search / ValueError / None": "failed"}),
        ('measure = "errors"\ncolumn = "count"\nmax = 5\nof = "clock"', 0, {"clock": "passed"}),
        ('measure = "errors"\ncolumn = "count"\nmax = 20\nof = "overall"', 0, {"overall / ValueError / None": "passed"}),
        ('measure = "loops"\ncolumn = "calls"\nmax = 3', 0, {"*": "passed"}),
        ('measure = "recovery"\ncolumn = "recovery_rate"\nmin = 0.5', 3, {"*": "too_little_data"}),
        ('measure = "transitions"\ncolumn = "share"\nmax = 0.01\nof = "clock"', 1, {"clock / clock": "failed"}),
    ],
)  # fmt: skip
def test_a_rule_fails_passes_or_has_too_little_data(checked, rule, code, results) -> None:
    assert checked(rule) == (code, results)


def test_too_little_data_counts_as_asked(checked) -> None:
    rule = 'column = "success_rate"\nmin = 0.9\nof = "rare"'
    assert [checked(rule, "--inconclusive", how)[0] for how in ("report", "pass", "fail")] == [
        3,
        0,
        1,
    ]


def test_a_window_holds_for_rules(checked) -> None:
    rule = 'column = "calls"\nmin = 1\nof = "clock"'
    assert checked(rule, "--since", "1h", "--until", NOW)[0] == 0
    assert checked(rule, "--until", "2026-03-02T09:30:00Z")[0] == 1


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", "expected at least one [[rule]]"),
        ("[[rules]]\ncolumn = 'calls'", "expected at least one [[rule]], not rules"),
        ("[[rule", "no TOML"),
        ("[[rule]]\ncolumn = 'calls'", "rule 1 needs a column, and min or max"),
        ("[[rule]]\nmin = 1", "rule 1 needs a column, and min or max"),
        ("[[rule]]\ncolumn = 'p95'\nmin = 1", "no number 'p95'; did you mean 'p95_ms'"),
        ("[[rule]]\ncolumn = 'note'\nmin = 1", "no number 'note'"),
        ("[[rule]]\ncolumn = 'first_time'\nmin = 1", "no number 'first_time'"),
        ("[[rule]]\ncolumn = 'calls'\nmin = '1'", "min is a number, not '1'"),
        ("[[rule]]\ncolumn = 'calls'\nmin = true", "min is a number, not True"),
        ("[[rule]]\ncolumn = 'calls'\nmin = nan", "min is a number, not nan"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 2\nmax = 1", "min 2 is above max 1"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nat_least = 'x'", "at_least is a number, not 'x'"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nmesure = 'tools'", "has 'mesure'; did you mean 'measure'"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nmeasure = 'totals'", "measure is one of tools, agents"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nmeasure = 'errors'", "errors have no number 'calls'"),
        ("[[rule]]\ncolumn = 'example'\nmin = 1\nmeasure = 'errors'", "errors have no number 'example'"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nmeasure = 'loops'\nof = 'overall'", "loops are not told of all together"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nwhere = 3", "where is a list of conditions"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nwhere = ['x']", "'x' is no condition"),
        ("[[rule]]\ncolumn = 'calls'\nmin = 1\nwhere = ['agnet_name=x']", "no column 'agnet_name'"),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_one_clear_line(written, cli, tmp_path, rules, said) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(rules)
    assert cli("check", path, written(calls("search", 3))) == 2
    (line,) = cli.err.splitlines()
    assert said in line


def test_rules_that_are_not_there_are_named(written, cli, tmp_path: Path) -> None:
    assert cli("check", tmp_path / "no.toml", written(calls("search", 3))) == 2
    assert "no.toml: No such file or directory" in cli.err


def test_a_verdict_says_why_with_numbers(written, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "search works"\nof = "search"\ncolumn = "success_rate"\nmin = 0.9\n'
    )
    with open_traces(written(calls("search", 40, failed=20))) as traces:
        (verdict,) = traces.check(rules)
    assert verdict.rule == "search works (tools search: success_rate >= 0.9)"
    assert (verdict.n, verdict.sessions, verdict.value) == (40, 20, 0.5)
    assert verdict.high is not None
    assert verdict.high < 0.9
    assert verdict.reason == "0.5 is below 0.9"


class _Sink(BaseHTTPRequestHandler):
    taken: list[Any]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[Any]]]:
    taken: list[Any] = []
    server = HTTPServer(("127.0.0.1", 0), type("Sink", (_Sink,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_gets_a_line_and_the_verdicts(checked, cli, webhook) -> None:
    url, taken = webhook
    code, _ = checked('column = "success_rate"\nmin = 0.9', "--webhook", url)
    assert code == 1
    ((kind, body),) = taken
    assert kind == "application/json"
    assert body["status"] == "failed"
    assert body["text"].splitlines() == [
        "toolspan check: 1 failed, 1 unsure, 1 passed",
        "✗ search: 0.5 is below 0.9 (tools *: success_rate >= 0.9)",
    ]
    assert {verdict["of"] for verdict in body["verdicts"]} == {"search", "clock", "rare"}


def test_a_webhook_that_fails_changes_no_verdict(checked, cli) -> None:
    rule = 'column = "calls"\nmin = 1\nof = "clock"'
    assert checked(rule, "--webhook", "http://127.0.0.1:1/")[0] == 0
    assert "the webhook was not taken" in cli.err
    assert checked(rule, "--webhook", "ftp://x")[0] == 2


def test_bad_rules_from_code_are_refused_too(newsletter: Path) -> None:
    from toolspan.analytics._check import Rule

    with open_traces(newsletter / "spans.jsonl") as traces:
        assert traces.check([Rule("calls", min=1, of="overall")])[0].result == "passed"
        with pytest.raises(UsageError, match="no number 'speed'"):
            traces.check([Rule("speed", min=1)])
        assert traces.status("1h", until=datetime(2026, 3, 2, 10, tzinfo=UTC)).now is not None
