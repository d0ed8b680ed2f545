-- claim: SET LOCK_TIMEOUT -1 is the default, waiting without end
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-lock-timeout-transact-sql

SET LOCK_TIMEOUT -1
GO
SELECT @@LOCK_TIMEOUT AS lock_timeout
-- expect rows: lock_timeout
--   -1
