-- claim: CAST to varchar without a length means 30 characters
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT DATALENGTH(CAST('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' AS varchar)) AS v
-- expect rows: v
--   30
