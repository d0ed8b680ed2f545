-- claim: Style 3 writes the 17 digits that tell any two floats apart
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- since: 2016
-- covers: sqlserver.protection.inexact_floats

SELECT CONVERT(varchar(30), CAST(0.1 AS float(53)) * 3, 3) AS written
-- expect rows: written
--   '3.0000000000000004e-001'
