-- Tokens and cost as LLM calls report them, for the measure of models to include among what is told
-- of each of `$by`.
CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
CAST(sum(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
count(coalesce(input_tokens, output_tokens)) AS calls_with_usage,
exact_sum(cost) AS cost, count(cost) AS calls_with_cost,
