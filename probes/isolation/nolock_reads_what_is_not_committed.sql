-- claim: NOLOCK reads rows that are not committed, and waits for no writer
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/hints-transact-sql-table
-- covers: planning.plan

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2
GO
-- session: b
SET LOCK_TIMEOUT 0
GO
SELECT t.V AS v FROM dbo.T AS t WITH (NOLOCK)
-- expect rows: v
--   2
-- session: a
ROLLBACK TRANSACTION
