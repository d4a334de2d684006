-- What every measure of rates says, for measures to include after `$by` and the number of rows; from
-- `latency`.
errors, errors / nullif(ok + errors, 0) AS error_rate, sessions,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p90_low_ms, p90_high_ms,
    p95_low_ms, p95_high_ms, p99_low_ms, p99_high_ms
