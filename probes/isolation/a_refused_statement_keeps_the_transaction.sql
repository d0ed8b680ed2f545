-- claim: With XACT_ABORT OFF a division by zero does not end the transaction
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-xact-abort-transact-sql
-- covers: sqlserver.connection.connect

SET XACT_ABORT OFF
BEGIN TRANSACTION
GO
SELECT 1 / V AS v FROM (VALUES (0)) AS t (V)
-- expect error 8134: Divide by zero error encountered.
SELECT @@TRANCOUNT AS open_now
-- expect rows: open_now
--   1
ROLLBACK TRANSACTION
