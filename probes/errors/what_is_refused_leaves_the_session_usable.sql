-- claim: A statement that is refused leaves the session, its settings and its database as they were
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-error-severities

SET LOCK_TIMEOUT 1234
GO
SELECT * FROM dbo.Missing
-- expect error 208: Invalid object name 'dbo.Missing'.
SELECT @@LOCK_TIMEOUT AS lock_timeout, @@TRANCOUNT AS transactions
-- expect rows: lock_timeout, transactions
--   1234 | 0
