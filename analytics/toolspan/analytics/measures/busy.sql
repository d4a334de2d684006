-- How long at least one was under way, for measures to include: within each session, summed; and
-- how long all sessions took. Looking at a window of time, both count only what lies in it.
busy AS (
    SELECT $by, union_ms AS session_time_ms
    FROM ($union_of_session) AS united
),
whole AS (
    SELECT
        milliseconds(sum(greatest(0, least(end_ns, $until_ns) - greatest(start_ns, $since_ns))))
            AS all_sessions_ms
    FROM $open_sessions AS open_session
)
