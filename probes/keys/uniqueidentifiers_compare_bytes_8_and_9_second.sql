-- claim: Where the last six bytes of two uniqueidentifiers are equal, bytes 8 and 9 decide
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- observed: The page says that the last six bytes come first; the order of the others was read off sorted values

SELECT CASE WHEN CAST('FFFFFFFF-FFFF-FFFF-0001-000000000000' AS uniqueidentifier)
  < CAST('00000000-0000-0000-0002-000000000000' AS uniqueidentifier) THEN 1 ELSE 0 END AS less
-- expect rows: less
--   1
