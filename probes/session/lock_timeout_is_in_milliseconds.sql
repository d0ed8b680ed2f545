-- claim: SET LOCK_TIMEOUT is in milliseconds, and @@LOCK_TIMEOUT has it
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-lock-timeout-transact-sql
-- covers: sqlserver.connection.connect

SET LOCK_TIMEOUT 60000
GO
SELECT @@LOCK_TIMEOUT AS lock_timeout
-- expect rows: lock_timeout
--   60000
