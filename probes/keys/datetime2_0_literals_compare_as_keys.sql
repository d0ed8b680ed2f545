-- claim: Literals of datetime2(0) compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST('0001-01-01T00:00:00' AS datetime2(0)), CAST('2024-02-29T01:02:03' AS datetime2(0))),
  (1, CAST('2024-02-29T01:02:03' AS datetime2(0)), CAST('2024-02-29T01:02:03' AS datetime2(0))),
  (2, CAST('2024-02-29T01:02:03' AS datetime2(0)), CAST('0001-01-01T00:00:00' AS datetime2(0)))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
