-- claim: Literals of datetimeoffset compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetimeoffset-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST('2024-01-01 02:00:00.0000000 +03:00' AS datetimeoffset(7)), CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7))),
  (1, CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7)), CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7))),
  (2, CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7)), CAST('2024-01-01 02:00:00.0000000 +03:00' AS datetimeoffset(7)))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
