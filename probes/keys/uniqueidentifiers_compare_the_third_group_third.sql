-- claim: Then the third group decides, its second byte before its first
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- observed: The page says that the last six bytes come first; the order of the others was read off sorted values

SELECT CASE WHEN CAST('FFFFFFFF-FFFF-FF01-0000-000000000000' AS uniqueidentifier)
  < CAST('00000000-0000-0002-0000-000000000000' AS uniqueidentifier) THEN 1 ELSE 0 END AS less
-- expect rows: less
--   1
