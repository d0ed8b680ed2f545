-- claim: A reader under READ COMMITTED waits until the writer commits, and then reads the new row
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- database: READ_COMMITTED_SNAPSHOT OFF

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2
GO
-- session: b
-- background
SELECT V AS v FROM dbo.T
GO
-- session: a
COMMIT TRANSACTION
GO
-- wait: b
-- expect rows: v
--   2
