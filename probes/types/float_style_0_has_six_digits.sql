-- claim: Without a style a float is written with six digits at the most
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CONVERT(varchar(30), CAST(0.123456789 AS float)) AS v
-- expect rows: v
--   '0.123457'
