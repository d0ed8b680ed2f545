-- claim: Keys of two columns compare by the first column, and where it is equal by the second
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN (v.a0 < v.b0 OR (v.a0 <= v.b0 AND v.a1 < v.b1)) THEN 1
  WHEN (v.b0 < v.a0 OR (v.b0 <= v.a0 AND v.b1 < v.a1)) THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST(1 AS int), CAST(3 AS int), CAST(2 AS int), CAST(1 AS int)),
  (1, CAST(2 AS int), CAST(1 AS int), CAST(2 AS int), CAST(1 AS int)),
  (2, CAST(2 AS int), CAST(1 AS int), CAST(1 AS int), CAST(3 AS int))) AS v (place, a0, a1, b0, b1)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
