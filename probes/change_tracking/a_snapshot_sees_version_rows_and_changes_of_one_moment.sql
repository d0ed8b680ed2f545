-- claim: In a SNAPSHOT transaction version, rows and changes are those of its first read
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.change_tracking

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
INSERT INTO dbo.T VALUES (1, 1)
GO
-- session: b
SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION
GO
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, (SELECT t.V FROM dbo.T AS t) AS v
-- expect rows: version, v
--   1 | 1
-- session: a
UPDATE dbo.T SET V = 2
GO
-- session: b
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, (SELECT t.V FROM dbo.T AS t) AS v,
  (SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, 1) AS c) AS changes
-- expect rows: version, v, changes
--   1 | 1 | 0
COMMIT TRANSACTION
GO
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, (SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, 1) AS c) AS changes
-- expect rows: version, changes
--   2 | 1
