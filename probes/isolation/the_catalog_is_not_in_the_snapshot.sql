-- claim: The catalog shows what is, also in a SNAPSHOT transaction that began before
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/sql-server-transaction-locking-and-row-versioning-guide
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.change_tracking

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
SELECT COUNT(*) AS columns FROM sys.columns AS c WHERE c.object_id = OBJECT_ID(N'dbo.T')
-- expect rows: columns
--   2
COMMIT TRANSACTION
