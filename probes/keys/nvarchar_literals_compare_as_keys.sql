-- claim: Literals of nvarchar compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST(0x AS nvarchar(10)) COLLATE Latin1_General_100_CI_AS, CAST(0x6100 AS nvarchar(10)) COLLATE
  Latin1_General_100_CI_AS),
  (1, CAST(0x6100 AS nvarchar(10)) COLLATE Latin1_General_100_CI_AS, CAST(0x6100 AS nvarchar(10)) COLLATE
  Latin1_General_100_CI_AS),
  (2, CAST(0x6100 AS nvarchar(10)) COLLATE Latin1_General_100_CI_AS, CAST(0x AS nvarchar(10)) COLLATE
  Latin1_General_100_CI_AS)) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
