-- claim: Of two uniqueidentifiers the one with the greater last six bytes is greater
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values

SELECT CASE WHEN CAST('FFFFFFFF-FFFF-FFFF-FFFF-000000000000' AS uniqueidentifier)
  < CAST('00000000-0000-0000-0000-000000000001' AS uniqueidentifier) THEN 1 ELSE 0 END AS less
-- expect rows: less
--   1
