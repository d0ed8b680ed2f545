-- claim: Literals of bit compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/bit-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST(0 AS bit), CAST(1 AS bit)),
  (1, CAST(1 AS bit), CAST(1 AS bit)),
  (2, CAST(1 AS bit), CAST(0 AS bit))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
