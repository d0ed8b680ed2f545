-- claim: A SNAPSHOT transaction sees the rows that were committed when it first read, and no later ones
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.connection.SourceConnection

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION
GO
SELECT V AS v FROM dbo.T
-- expect rows: v
--   1
-- session: a
UPDATE dbo.T SET V = 2
INSERT INTO dbo.T VALUES (2, 2)
GO
-- session: b
SELECT V AS v FROM dbo.T
-- expect rows: v
--   1
COMMIT TRANSACTION
GO
SELECT ID AS id, V AS v FROM dbo.T ORDER BY ID
-- expect rows: id, v
--   1 | 2
--   2 | 2
