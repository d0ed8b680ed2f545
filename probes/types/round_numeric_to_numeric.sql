-- claim: A decimal converted to fewer places is rounded
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CAST(CAST(123.456 AS decimal(9, 3)) AS decimal(5, 1)) AS v
-- expect rows: v
--   123.5
