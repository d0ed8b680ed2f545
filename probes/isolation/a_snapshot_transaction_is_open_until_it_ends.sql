-- claim: @@TRANCOUNT is 1 in a transaction and 0 after COMMIT
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/trancount-transact-sql
-- covers: sqlserver.connection.SourceConnection

SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION
GO
SELECT @@TRANCOUNT AS open_now
-- expect rows: open_now
--   1
COMMIT TRANSACTION
GO
SELECT @@TRANCOUNT AS open_now
-- expect rows: open_now
--   0
