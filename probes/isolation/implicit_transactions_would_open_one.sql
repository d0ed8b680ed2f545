-- claim: With IMPLICIT_TRANSACTIONS ON a SELECT opens a transaction
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-implicit-transactions-transact-sql
-- covers: sqlserver.connection.connect

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
GO
SET IMPLICIT_TRANSACTIONS ON
GO
SELECT ID AS id FROM dbo.T
-- expect rows: id
SELECT @@TRANCOUNT AS open_now
-- expect rows: open_now
--   1
ROLLBACK TRANSACTION
