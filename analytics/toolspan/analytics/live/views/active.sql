-- One row: how many sessions something happened in within the window, and when the newest span began
-- or ended, in the window or before it.
SELECT
    count(DISTINCT CASE WHEN end_ns >= $first_ns THEN session_key END) AS sessions,
    max(end_ns) AS newest_ns
FROM trace
WHERE session_id IS NOT NULL OR units > 0;
