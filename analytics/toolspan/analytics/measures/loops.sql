-- One row: calls of one session that go round in a circle. What a call asks for is its tool and its
-- arguments. Three kinds: a `streak`, three or more calls in a row that ask for the same; an
-- `oscillation`, four or more that ask in turn for two different things; a `repetition`, three or
-- more that ask for the same with something else between them, as far as they are in no oscillation.
-- Neighbours are those of the whole session, whichever calls are looked at.
WITH $circles
SELECT
    min(session_id) AS session_id, session_key, kind, min(tool_name) AS tool_name,
    CASE WHEN kind = 'oscillation' THEN max(tool_name) END AS other_tool_name, count(*) AS calls,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
    min(start_time) AS start_time, exact_total(duration_ms) AS duration_ms,
    min(agent_name) AS agent_name
FROM circling
WHERE is_chosen
GROUP BY session_key, kind, place
HAVING count(*) >= CASE WHEN kind = 'oscillation' THEN 4 ELSE 3 END
ORDER BY calls DESC, session_key, start_time, kind, tool_name;
