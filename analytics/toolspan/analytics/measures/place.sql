-- Where steps stand in their workflow, for the measure of steps to include among what is told of each
-- of `$by`.
min(step_index) AS step_index, min(start_ns) AS first_ns,
