-- claim: Of two sessions that wait for each other's rows, the one with DEADLOCK_PRIORITY LOW fails with 1205
--   and the other goes on
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-deadlock-priority-transact-sql
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-1205-database-engine-error
-- covers: sqlserver.connection.connect

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
INSERT INTO dbo.U VALUES (1, 1)
GO
SET DEADLOCK_PRIORITY HIGH
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2 WHERE ID = 1
GO
-- session: b
SET DEADLOCK_PRIORITY LOW
BEGIN TRANSACTION
UPDATE dbo.U SET V = 2 WHERE ID = 1
GO
-- session: a
-- background
UPDATE dbo.U SET V = 3 WHERE ID = 1
GO
-- session: b
UPDATE dbo.T SET V = 3 WHERE ID = 1
-- expect error 1205: Transaction (Process ID %) was deadlocked on % resources with another process and has been
--   chosen as the deadlock victim. Rerun the transaction.
-- wait: a
-- expect success
-- session: a
COMMIT TRANSACTION
