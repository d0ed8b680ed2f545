-- claim: With ARITHABORT and ANSI_WARNINGS ON a division by zero is an error, not NULL
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-arithabort-transact-sql
-- covers: sqlserver.connection.connect

SET ANSI_WARNINGS ON
SET ARITHABORT ON
GO
SELECT 1 / V AS v FROM (VALUES (0)) AS t (V)
-- expect error 8134: Divide by zero error encountered.
