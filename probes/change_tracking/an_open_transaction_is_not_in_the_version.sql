-- claim: The current version is that of the last commit, whatever open transactions have written
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.change_tracking

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
BEGIN TRANSACTION
INSERT INTO dbo.T VALUES (1)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, (SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, 0) AS c) AS changes
-- expect rows: version, changes
--   0 | 0
-- session: a
COMMIT TRANSACTION
GO
-- session: b
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, (SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, 0) AS c) AS changes
-- expect rows: version, changes
--   1 | 1
