-- claim: READ UNCOMMITTED reads rows that are not committed
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- covers: sqlserver.connection.set_isolation

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2
GO
-- session: b
SET LOCK_TIMEOUT 0; SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED
GO
SELECT V AS v FROM dbo.T
-- expect rows: v
--   2
-- session: a
ROLLBACK TRANSACTION
