-- One row: an MCP server (or what `$by` groups by): the calls that went through it, seen from the
-- agent, from its client and from the server itself.
WITH $rates,
$latency,
$busy
SELECT
    $by, n AS calls, $counts, tools,
    attempts, retried_calls, recovered_calls,
    recovered_calls / nullif(retried_calls, 0) AS recovery_rate, wasted_retry_ms,
    fallback_calls, rescued_calls, rescued_calls / nullif(fallback_calls, 0) AS rescue_rate,
    cost, calls_with_cost,
    calls_seen_by_server, client_p50_ms, client_p95_ms, server_p50_ms, server_p95_ms,
    mean_transport_ms, duration_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    first_time, last_time, $note
FROM latency
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY calls DESC, $by;
