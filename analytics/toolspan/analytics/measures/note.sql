-- Why a rate should be read with care, for measures to include; NULL if there is enough of it.
-- Below 20 counted calls or 5 sessions an interval is wider than most differences of interest.
CASE
    WHEN ok + errors = 0 THEN 'none ended ok or failed'
    WHEN rates.sessions < 2 THEN 'one session: no interval'
    WHEN ok + errors < 20 OR rates.sessions < 5 THEN 'little data'
END
