-- How long at least one of several intervals lasted, for measures to include: `union_ms` of the rows
-- `$spans`, per `$per`; intervals count together within `$together`. Each adds what lies beyond the
-- end of those before it. What lies beyond the window of time that is looked at does not count.
SELECT $per, milliseconds(sum(greatest(0, end_ns - greatest(start_ns, reached)))) AS union_ms
FROM (
    SELECT
        $per, start_ns, least(coalesce(end_ns, start_ns), $until_ns) AS end_ns,
        coalesce(max(coalesce(end_ns, start_ns)) OVER (
            PARTITION BY $together ORDER BY start_ns, end_ns
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS reached
    FROM $spans
)
GROUP BY $per
