-- claim: Decimals that differ by trailing zeros are equal
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/precision-scale-and-length-transact-sql

SELECT CASE WHEN CAST(1.50 AS decimal(9, 2)) = CAST(1.5 AS decimal(9, 1)) THEN 1 ELSE 0 END AS equal
-- expect rows: equal
--   1
