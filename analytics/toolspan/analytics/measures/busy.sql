-- How long at least one was under way, for measures to include: within each session, summed; and
-- how long all sessions took. Looking at a window of time, both count only what lies in it.
busy AS (
    SELECT $by, exact_total(union_ms) AS session_time_ms
    FROM ($union_of_session)
    GROUP BY $by
),
whole AS (
    SELECT exact_total(milliseconds(greatest(0,
        least(ns_of(end_time), $until_ns) - greatest(ns_of(start_time), $since_ns))))
        AS all_sessions_ms
    FROM $open_sessions
)
