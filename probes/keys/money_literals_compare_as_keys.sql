-- claim: Literals of money compare with each other as the keys do
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT v.place AS place, CASE WHEN v.a0 < v.b0 THEN 1 WHEN v.b0 < v.a0 THEN -1 ELSE 0 END AS step
FROM (VALUES (0, CAST('-922337203685477.5808' AS money), CAST('0.0001' AS money)),
  (1, CAST('0.0001' AS money), CAST('0.0001' AS money)),
  (2, CAST('0.0001' AS money), CAST('-922337203685477.5808' AS money))) AS v (place, a0, b0)
ORDER BY v.place
-- expect rows: place, step
--   0 | 1
--   1 | 0
--   2 | -1
