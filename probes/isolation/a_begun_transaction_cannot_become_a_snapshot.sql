-- claim: A transaction that has read under another level fails with 3951 when it reads under SNAPSHOT
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.messages.versions

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
GO
BEGIN TRANSACTION
SELECT ID FROM dbo.T
SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT ID FROM dbo.T
-- expect error 3951: Transaction failed in database '%' because the statement was run under snapshot isolation but the
--   transaction did not start in snapshot isolation. You cannot change the isolation level of the transaction to snapshot
--   after the transaction has started unless the transaction was originally started under snapshot isolation level.
