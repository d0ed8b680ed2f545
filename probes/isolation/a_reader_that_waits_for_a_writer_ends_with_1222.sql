-- claim: Under READ COMMITTED a reader waits for a row that another session has changed, and fails with 1222
--   when LOCK_TIMEOUT is over
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-lock-timeout-transact-sql
-- database: READ_COMMITTED_SNAPSHOT OFF
-- covers: sqlserver.connection.connect

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2 WHERE ID = 1
GO
-- session: b
SET LOCK_TIMEOUT 0
GO
SELECT V AS v FROM dbo.T WHERE ID = 1
-- expect error 1222: Lock request time out period exceeded.
-- session: a
ROLLBACK TRANSACTION
GO
-- session: b
SELECT V AS v FROM dbo.T WHERE ID = 1
-- expect rows: v
--   1
