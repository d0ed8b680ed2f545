-- claim: A SNAPSHOT transaction that updates a row which another has changed meanwhile fails with 3960
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.messages.versions

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION
SELECT V FROM dbo.T
GO
-- session: a
UPDATE dbo.T SET V = 2
GO
-- session: b
UPDATE dbo.T SET V = 3
-- expect error 3960: Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to
--   access table 'dbo.T' directly or indirectly in database '%' to update, delete, or insert the row that has been
--   modified or deleted by another transaction. Retry the transaction or change the isolation level for the update/delete
--   statement.
SELECT @@TRANCOUNT AS transactions
-- expect rows: transactions
--   0
