-- Calls that go round in a circle, for measures to include: one row of `circling` is a call in its
-- circle (`session_number, kind, place`); a call may be the end of one and the beginning of another.
-- What counts as a circle is how many calls it has (3, an oscillation 4): who includes this counts.
asking AS (
    SELECT
        *,
        CASE WHEN arguments_hash IS NOT NULL
            THEN number_of(concat(tool_name, ' ', arguments_hash)) END AS asked
    FROM $rows
),
neighbours AS (
    SELECT
        *,
        lag(asked, 3) OVER calls AS third_last, lag(asked, 2) OVER calls AS second_last,
        lag(asked) OVER calls AS last, lead(asked) OVER calls AS next,
        lead(asked, 2) OVER calls AS second_next
    FROM asking
    WINDOW calls AS (PARTITION BY session_number ORDER BY start_ns, span_key)
),
-- A swing asks for what the one before the last did, and the last did not.
marked AS (
    SELECT
        *,
        coalesce(asked = last, false) AS is_like_last,
        coalesce(asked = next, false) AS is_like_next,
        coalesce(asked = second_last AND asked <> last, false) AS is_swing,
        coalesce(last = third_last AND last <> second_last, false) AS was_swing,
        coalesce(next = last AND next <> asked, false) AS leads_to_swing,
        coalesce(second_next = asked AND second_next <> next, false) AS begins_swing
    FROM neighbours
    WHERE asked IS NOT NULL
),
again AS (
    SELECT session_number, asked
    FROM marked
    WHERE NOT (is_like_last OR is_swing OR leads_to_swing OR begins_swing)
    GROUP BY session_number, asked
    HAVING count(*) >= 3
),
-- Of those that belong to a streak or an oscillation, each begins one or goes on with it.
circling AS (
    SELECT
        *, 'streak' AS kind,
        sum(CASE WHEN is_like_last THEN 0 ELSE 1 END) OVER (
            PARTITION BY session_number ORDER BY start_ns, span_key ROWS UNBOUNDED PRECEDING)
            AS place
    FROM marked
    WHERE is_like_last OR is_like_next
    UNION ALL
    SELECT
        *, 'oscillation',
        sum(CASE WHEN NOT is_swing AND (was_swing OR NOT leads_to_swing) THEN 1 ELSE 0 END) OVER (
            PARTITION BY session_number ORDER BY start_ns, span_key ROWS UNBOUNDED PRECEDING)
    FROM marked
    WHERE is_swing OR leads_to_swing OR begins_swing
    UNION ALL
    SELECT marked.*, 'repetition', asked
    FROM marked
    JOIN again USING (session_number, asked)
    WHERE NOT (is_like_last OR is_swing OR leads_to_swing OR begins_swing)
)
