-- claim: A money converted to int is rounded
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CAST(CAST(2.5 AS money) AS int) AS v
-- expect rows: v
--   3
