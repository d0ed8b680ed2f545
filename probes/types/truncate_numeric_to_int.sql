-- claim: A decimal converted to int is truncated
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CAST(10.6496 AS int) AS v, CAST(-10.6496 AS int) AS w
-- expect rows: v, w
--   10 | -10
