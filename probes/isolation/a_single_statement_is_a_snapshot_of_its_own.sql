-- claim: Without BEGIN TRANSACTION each statement under SNAPSHOT has a moment of its own
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/sql-server-transaction-locking-and-row-versioning-guide
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.reader

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT V AS v FROM dbo.T
-- expect rows: v
--   1
-- session: a
UPDATE dbo.T SET V = 2
GO
-- session: b
SELECT V AS v FROM dbo.T
-- expect rows: v
--   2
