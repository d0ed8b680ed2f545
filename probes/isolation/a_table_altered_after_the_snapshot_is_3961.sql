-- claim: A SNAPSHOT transaction that reads a table which was altered after it began fails with 3961
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.messages.versions

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION
SELECT ID FROM dbo.U
GO
-- session: a
ALTER TABLE dbo.T ADD V int NULL
GO
-- session: b
SELECT ID FROM dbo.T
-- expect error 3961: Snapshot isolation transaction failed in database '%' because the object accessed by the statement
--   has been modified by a DDL statement in another concurrent transaction since the start of this transaction. It is
--   disallowed because the metadata is not versioned. A concurrent update to metadata can lead to inconsistency if mixed
--   with snapshot isolation.
