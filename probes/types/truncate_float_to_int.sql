-- claim: A float converted to int is truncated
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CAST(CAST(2.9 AS float) AS int) AS v
-- expect rows: v
--   2
