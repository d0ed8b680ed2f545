-- claim: A decimal(9, 2) and a decimal(38, 10) arrive with their precision and scale
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: sqlserver.reader

SELECT CAST(1.5 AS decimal(9, 2)) AS small, CAST(-0.0000000001 AS decimal(38, 10)) AS large
-- expect wire: small decimal128(9, 2), large decimal128(38, 10)
--   1.50 | -0.0000000001
