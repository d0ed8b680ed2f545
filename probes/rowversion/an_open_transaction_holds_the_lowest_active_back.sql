-- claim: MIN_ACTIVE_ROWVERSION() is not above a rowversion of an open transaction, and @@DBTS is
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/dbts-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
GO
BEGIN TRANSACTION
INSERT INTO dbo.T (ID) VALUES (1)
GO
-- session: b
INSERT INTO dbo.U (ID) VALUES (1)
GO
SELECT CASE WHEN MIN_ACTIVE_ROWVERSION() <= t.R THEN 1 ELSE 0 END AS held, CASE WHEN @@DBTS > t.R THEN 1 ELSE 0 END AS past
FROM dbo.T AS t WITH (NOLOCK)
-- expect rows: held, past
--   1 | 1
-- session: a
COMMIT TRANSACTION
GO
-- session: b
SELECT CASE WHEN MIN_ACTIVE_ROWVERSION() > t.R THEN 1 ELSE 0 END AS released FROM dbo.T AS t
-- expect rows: released
--   1
