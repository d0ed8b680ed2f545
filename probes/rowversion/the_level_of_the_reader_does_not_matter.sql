-- claim: MIN_ACTIVE_ROWVERSION() is the same under every isolation level
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
GO
BEGIN TRANSACTION
INSERT INTO dbo.T (ID) VALUES (1)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT CONVERT(bigint, @@DBTS) - CONVERT(bigint, MIN_ACTIVE_ROWVERSION()) AS snapshot
-- expect rows: snapshot
--   0
SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED
GO
SELECT CONVERT(bigint, @@DBTS) - CONVERT(bigint, MIN_ACTIVE_ROWVERSION()) AS uncommitted
-- expect rows: uncommitted
--   0
-- session: a
ROLLBACK TRANSACTION
