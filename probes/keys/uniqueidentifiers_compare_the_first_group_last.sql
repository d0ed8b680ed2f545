-- claim: The first group of a uniqueidentifier decides last, its stored bytes from the first on
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- observed: The page says that the last six bytes come first; the order of the others was read off sorted values

SELECT CASE WHEN CAST('01000000-0000-0000-0000-000000000000' AS uniqueidentifier)
  < CAST('00000001-0000-0000-0000-000000000000' AS uniqueidentifier) THEN 1 ELSE 0 END AS less
-- expect rows: less
--   1
