-- claim: A real is converted to float exactly, so style 3 writes the real
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- since: 2016

SELECT CONVERT(nvarchar(max), CONVERT(float(53), CAST(1.5 AS real)), 3) AS v
-- expect rows: v
--   '1.5000000000000000e+000'
