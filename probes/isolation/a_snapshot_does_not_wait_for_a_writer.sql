-- claim: A SNAPSHOT reader sees the last committed row of a writer that is not finished, and does not wait
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2
GO
-- session: b
SET LOCK_TIMEOUT 0; SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT V AS v FROM dbo.T
-- expect rows: v
--   1
-- session: a
ROLLBACK TRANSACTION
