-- claim: With ARITHABORT and ANSI_WARNINGS OFF a division by zero is NULL, without an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-arithabort-transact-sql
-- covers: sqlserver.connection.connect

SET ARITHABORT OFF
SET ANSI_WARNINGS OFF
GO
SELECT 1 / V AS v FROM (VALUES (0)) AS t (V)
-- expect rows: v
--   NULL
