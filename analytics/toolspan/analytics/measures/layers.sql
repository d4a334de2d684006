-- Calls through MCP seen from their client and their server, for the measure of servers to include
-- among what is told of each of `$by`.
count(DISTINCT tool_name) AS tools,
count(server_ms) AS calls_seen_by_server,
exact_quantile(client_ms, 0.5) AS client_p50_ms, exact_quantile(client_ms, 0.95) AS client_p95_ms,
exact_quantile(server_ms, 0.5) AS server_p50_ms, exact_quantile(server_ms, 0.95) AS server_p95_ms,
exact_mean(client_ms - server_ms) AS mean_transport_ms,
