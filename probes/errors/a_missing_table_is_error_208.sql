-- claim: A SELECT from a table that does not exist fails with 208, class 16, and names it
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-208-database-engine-error
-- covers: sqlserver.messages.statements

SELECT * FROM dbo.Missing
-- expect error 208: Invalid object name 'dbo.Missing'.
GO
BEGIN TRY EXEC(N'SELECT * FROM dbo.Missing') END TRY
BEGIN CATCH
    SELECT ERROR_NUMBER() AS number, ERROR_SEVERITY() AS class, ERROR_STATE() AS state
END CATCH
-- expect rows: number, class, state
--   208 | 16 | 1
