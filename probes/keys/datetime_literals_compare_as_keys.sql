-- claim: Literals of datetime compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST('1753-01-01T00:00:00' AS datetime), CAST('2000-01-01T00:00:00.003' AS datetime)),
  (1, CAST('2000-01-01T00:00:00.003' AS datetime), CAST('2000-01-01T00:00:00.003' AS datetime)),
  (2, CAST('2000-01-01T00:00:00.003' AS datetime), CAST('1753-01-01T00:00:00' AS datetime))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
