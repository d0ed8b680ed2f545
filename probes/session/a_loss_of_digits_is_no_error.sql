-- claim: With NUMERIC_ROUNDABORT OFF a result is rounded to fewer digits without an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-numeric-roundabort-transact-sql
-- covers: sqlserver.connection.connect

SET NUMERIC_ROUNDABORT OFF
GO
SELECT CAST(CAST(1.256 AS decimal(9, 3)) AS decimal(9, 2)) AS v
-- expect rows: v
--   1.26
