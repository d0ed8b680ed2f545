-- claim: With READ_COMMITTED_SNAPSHOT two statements of one transaction may see different rows
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: READ_COMMITTED_SNAPSHOT ON

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
-- session: b
BEGIN TRANSACTION
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
COMMIT TRANSACTION
