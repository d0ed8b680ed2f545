-- claim: Literals of varbinary compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST(0x AS varbinary(8)), CAST(0x0A0B AS varbinary(8))),
  (1, CAST(0x0A0B AS varbinary(8)), CAST(0x0A0B AS varbinary(8))),
  (2, CAST(0x0A0B AS varbinary(8)), CAST(0x AS varbinary(8)))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
