-- claim: After a SNAPSHOT transaction has ended the session may go back to READ COMMITTED
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.catalog.require_unaltered

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT ID AS id FROM dbo.T
-- expect rows: id
SET TRANSACTION ISOLATION LEVEL READ COMMITTED
GO
SELECT ID AS id FROM dbo.T
-- expect rows: id
