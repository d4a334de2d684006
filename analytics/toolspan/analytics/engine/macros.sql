-- What differs between engines, in one place. Measures use these names and otherwise a subset of
-- SQL that DuckDB, ClickHouse and Spark share.

-- Exact quantile with linear interpolation: position q * (n - 1) in the sorted values.
CREATE OR REPLACE TEMP MACRO exact_quantile(x, q) AS quantile_cont(x, q);

-- All values in order, and one of them by its place from 1 (at least the first, at most the last).
CREATE OR REPLACE TEMP MACRO sorted_values(x) AS list(x ORDER BY x) FILTER (x IS NOT NULL);
CREATE OR REPLACE TEMP MACRO value_at(sorted, place) AS
    sorted[CAST(least(len(sorted), greatest(1, place)) AS BIGINT)];

-- The exact quantile of values in order: as `exact_quantile`, at position q * (n - 1).
CREATE OR REPLACE TEMP MACRO between_values(sorted, position) AS
    sorted[CAST(floor(position) AS BIGINT) + 1]
    + (sorted[CAST(ceil(position) AS BIGINT) + 1] - sorted[CAST(floor(position) AS BIGINT) + 1])
        * (position - floor(position));
CREATE OR REPLACE TEMP MACRO quantile_of(sorted, q) AS
    between_values(sorted, q * (len(sorted) - 1));

-- The bucket of a length, of which each is 2 % longer than the one before, and the middle of a bucket:
-- within 1 % of every length in it. How many lie in each can be added up, wherever they were counted.
CREATE OR REPLACE TEMP MACRO bucket_of(ms) AS
    CASE WHEN ms > 0 THEN CAST(ceil(ln(ms) / ln(1.02)) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO bucket_middle(bucket) AS
    CASE WHEN bucket IS NULL THEN 0 ELSE power(1.02, bucket - 0.5) END;
CREATE OR REPLACE TEMP MACRO approximate_ms(ms) AS
    CASE WHEN ms IS NOT NULL THEN bucket_middle(bucket_of(ms)) END;

-- A text as a number by which rows can be put together: 64 bits, so that among ten million texts two
-- are taken for one with a probability of 3 in a million.
CREATE OR REPLACE TEMP MACRO number_of(x) AS hash(x);

-- Of several rows, x of the one with the greatest (first, second).
CREATE OR REPLACE TEMP MACRO greatest_by(x, first, second) AS arg_max(x, (first, second));

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

-- Mean of numbers of any size, added up from the least on: the same to the last bit in any order.
CREATE OR REPLACE TEMP MACRO ordered_mean(x) AS avg(x ORDER BY x);

-- Nanoseconds since 1970 (UTC) as a timestamp, and a length in milliseconds.
CREATE OR REPLACE TEMP MACRO timestamp_of(ns) AS make_timestamp_ns(ns);
CREATE OR REPLACE TEMP MACRO milliseconds(ns) AS ns / 1e6;
CREATE OR REPLACE TEMP MACRO ns_of(time) AS epoch_ns(time);

-- An attribute of a span by its key, as text; NULL where the span has none.
CREATE OR REPLACE TEMP MACRO attribute(keys, vals, key) AS vals[list_position(keys, key)];

-- A member of a JSON text, as text; NULL where the text is no JSON.
CREATE OR REPLACE TEMP MACRO json_member(x, path) AS
    CASE WHEN json_valid(x) THEN json_extract_string(x, path) END;

-- The members of a JSON text that is an array: a row each, where it stands in a SELECT.
CREATE OR REPLACE TEMP MACRO is_json_array(x) AS
    CASE WHEN json_valid(x) THEN json_type(x) = 'ARRAY' ELSE false END;
CREATE OR REPLACE TEMP MACRO json_members(x) AS unnest(json_extract(x, '$[*]'));

-- Whether a regular expression is found in a text; a text as a number, NULL where it is none.
CREATE OR REPLACE TEMP MACRO has_match(x, pattern) AS regexp_matches(x, pattern);
CREATE OR REPLACE TEMP MACRO as_number(x) AS TRY_CAST(x AS DOUBLE);

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

-- How the sessions' own shares scatter around the share k / n of all: the sum over sessions of
-- (k_i - n_i * k / n)^2, from the sums nn of n_i * n_i, kk of k_i * k_i and kn of k_i * n_i.
CREATE OR REPLACE TEMP MACRO scatter_of(n, k, nn, kk, kn) AS
    kk - 2 * k / n * kn + (k / n) * (k / n) * nn;

-- For how many independent calls n count of which k are ok: n over the design effect of clusters
-- (Kish). Without a single failure (or success) the scatter says nothing: then the usual correlation
-- within sessions, 0.2, is assumed.
CREATE OR REPLACE TEMP MACRO effective_calls(n, k, nn, kk, kn, clusters) AS n / greatest(1, CASE
    WHEN n > 0 AND (k = 0 OR k = n) THEN 1 + (nn / n - 1) * 0.2
    WHEN n > 0 AND clusters > 1
        THEN clusters / (clusters - 1) * scatter_of(n, k, nn, kk, kn) * n / (k * (n - k))
    ELSE 1
END);

-- The same for the calls at or below a percentile, where each session has more than one call.
CREATE OR REPLACE TEMP MACRO independent_calls(n, k, nn, kk, kn, clusters) AS n / greatest(1, CASE
    WHEN n > clusters AND k > 0 AND k < n
        THEN scatter_of(n, k, nn, kk, kn) * n / (k * (n - k))
    ELSE 1
END);

-- Wilson's interval for a share p of n, with the quantile t in place of the normal's 1.96; NULL
-- where t is (`greatest` and `least` would skip the NULL).
CREATE OR REPLACE TEMP MACRO wilson_low(p, n, t) AS CASE WHEN p + t IS NOT NULL THEN greatest(0,
    (p + t ** 2 / (2 * n) - t * sqrt(p * (1 - p) / n + t ** 2 / (4 * n ** 2))) / (1 + t ** 2 / n))
END;
CREATE OR REPLACE TEMP MACRO wilson_high(p, n, t) AS CASE WHEN p + t IS NOT NULL THEN least(1,
    (p + t ** 2 / (2 * n) + t * sqrt(p * (1 - p) / n + t ** 2 / (4 * n ** 2))) / (1 + t ** 2 / n))
END;
