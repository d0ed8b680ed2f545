-- claim: Literals of uniqueidentifier compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST('FFFFFFFF-FFFF-FFFF-FFFF-000000000001' AS uniqueidentifier), CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier)),
  (1, CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier), CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier)),
  (2, CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier), CAST('FFFFFFFF-FFFF-FFFF-FFFF-000000000001' AS uniqueidentifier))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
