-- One row: an MCP server (or what `$by` groups by): the calls that went through it, seen from the
-- agent, from its client and from the server itself.
WITH $interval,
$rates,
$latency,
layers AS (
    SELECT
        $by,
        count(DISTINCT tool_name) AS tools,
        count(server_ms) AS calls_seen_by_server,
        exact_quantile(client_ms, 0.5) AS client_p50_ms,
        exact_quantile(client_ms, 0.95) AS client_p95_ms,
        exact_quantile(server_ms, 0.5) AS server_p50_ms,
        exact_quantile(server_ms, 0.95) AS server_p95_ms,
        exact_mean(client_ms - server_ms) AS mean_transport_ms
    FROM $rows
    GROUP BY $by
)
SELECT
    $by, n AS calls, errors, errors / nullif(ok + errors, 0) AS error_rate, sessions, tools,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p95_low_ms, p95_high_ms,
    calls_seen_by_server, client_p50_ms, client_p95_ms, server_p50_ms, server_p95_ms,
    mean_transport_ms,
    $note AS note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
LEFT JOIN layers USING ($by)
ORDER BY calls DESC, $by;
