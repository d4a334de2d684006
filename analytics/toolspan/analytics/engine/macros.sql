-- What differs between engines, in one place. Measures use these names and otherwise a subset of
-- SQL that DuckDB, ClickHouse and Spark share.

-- Exact quantile with linear interpolation: position q * (n - 1) in the sorted values.
CREATE OR REPLACE TEMP MACRO exact_quantile(x, q) AS quantile_cont(x, q);

-- All values in order, and one of them by its place from 1 (at least the first, at most the last).
CREATE OR REPLACE TEMP MACRO sorted_values(x) AS list(x ORDER BY x) FILTER (x IS NOT NULL);
CREATE OR REPLACE TEMP MACRO value_at(sorted, place) AS
    sorted[CAST(least(len(sorted), greatest(1, place)) AS BIGINT)];

-- Texts in the order of two numbers, as one text.
CREATE OR REPLACE TEMP MACRO joined_in_order(x, first, second) AS
    array_to_string(list(x ORDER BY first, second), ', ');

-- Mean of milliseconds, summed as whole nanoseconds: the same to the last bit in any order.
CREATE OR REPLACE TEMP MACRO exact_mean(ms) AS
    CAST(sum(CAST(round(ms * 1e6) AS BIGINT)) AS DOUBLE) / count(ms) / 1e6;

-- Sum of milliseconds, by whole nanoseconds: the same to the last bit in any order.
CREATE OR REPLACE TEMP MACRO exact_total(ms) AS
    CAST(sum(CAST(round(ms * 1e6) AS BIGINT)) AS DOUBLE) / 1e6;

-- Sum of money, to twelve decimals: the same to the last bit in any order.
CREATE OR REPLACE TEMP MACRO exact_sum(x) AS
    CAST(sum(CAST(round(x * 1e12) AS HUGEINT)) AS DOUBLE) / 1e12;

-- Nanoseconds since 1970 (UTC) as a timestamp, and a length in milliseconds.
CREATE OR REPLACE TEMP MACRO timestamp_of(ns) AS make_timestamp_ns(ns);
CREATE OR REPLACE TEMP MACRO milliseconds(ns) AS ns / 1e6;
CREATE OR REPLACE TEMP MACRO ns_of(time) AS epoch_ns(time);

-- An attribute of a span by its key, as text; NULL where the span has none.
CREATE OR REPLACE TEMP MACRO attribute(keys, vals, key) AS vals[list_position(keys, key)];

-- A member of a JSON text, as text; NULL where the text is no JSON.
CREATE OR REPLACE TEMP MACRO json_member(x, path) AS
    CASE WHEN json_valid(x) THEN json_extract_string(x, path) END;

-- A text, or NULL where it is blank or one of the words emitters use for nothing. (DuckDB makes a
-- join of a long IN, in which it carries all columns.)
CREATE OR REPLACE TEMP MACRO present(x) AS CASE trim(x)
    WHEN '' THEN NULL WHEN '<not specified>' THEN NULL WHEN 'unknown' THEN NULL
    WHEN 'N/A' THEN NULL WHEN '<REDACTED>' THEN NULL WHEN '__REDACTED__' THEN NULL
    WHEN '<elided>' THEN NULL
    ELSE x
END;

-- Ids as the hexadecimal text of OTLP/JSON.
CREATE OR REPLACE TEMP MACRO trace_hex(id) AS replace(CAST(id AS VARCHAR), '-', '');
CREATE OR REPLACE TEMP MACRO span_hex(id) AS lower(printf('%016x', id));

-- 97.5 % point of Student's t: exact for 1 and 2 degrees of freedom, else the Cornish-Fisher
-- expansion (Abramowitz and Stegun 26.7.5), whose error is below 0.2 % from 3 degrees on.
CREATE OR REPLACE TEMP MACRO t_975(df) AS CASE
    WHEN df < 1 THEN NULL
    WHEN df = 1 THEN 12.706204736
    WHEN df = 2 THEN 4.302652730
    ELSE 1.959963985
        + 2.372271230 / df
        + 2.822498600 / df ** 2
        + 2.555849680 / df ** 3
        + 1.589534030 / df ** 4
END;

-- Wilson's interval for a share p of n, with the quantile t in place of the normal's 1.96; NULL
-- where t is (`greatest` and `least` would skip the NULL).
CREATE OR REPLACE TEMP MACRO wilson_low(p, n, t) AS CASE WHEN p + t IS NOT NULL THEN greatest(0,
    (p + t ** 2 / (2 * n) - t * sqrt(p * (1 - p) / n + t ** 2 / (4 * n ** 2))) / (1 + t ** 2 / n))
END;
CREATE OR REPLACE TEMP MACRO wilson_high(p, n, t) AS CASE WHEN p + t IS NOT NULL THEN least(1,
    (p + t ** 2 / (2 * n) + t * sqrt(p * (1 - p) / n + t ** 2 / (4 * n ** 2))) / (1 + t ** 2 / n))
END;
