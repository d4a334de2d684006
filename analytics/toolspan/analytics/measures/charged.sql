-- The tools' own charge, for the measure of trends to include among what is told of each of `$by`.
exact_sum(cost) AS cost,
