-- claim: A table whose tracking is switched off and on has no changes from before
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/enable-and-disable-change-tracking-sql-server
-- observed: That the version stays where it is was seen on SQL Server 2025.
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking_watermark

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
ALTER TABLE dbo.T DISABLE CHANGE_TRACKING
GO
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
SELECT c.SYS_CHANGE_OPERATION AS op, c.ID AS id FROM CHANGETABLE(CHANGES dbo.T, NULL) AS c ORDER BY c.ID
-- expect rows: op, id
GO
SELECT CASE WHEN t.min_valid_version = CHANGE_TRACKING_MIN_VALID_VERSION(t.object_id) THEN 1
  ELSE 0 END AS same, t.begin_version AS begun, t.min_valid_version AS minimum FROM sys.change_tracking_tables AS t
  WHERE t.object_id = OBJECT_ID(N'dbo.T')
-- expect rows: same, begun, minimum
--   1 | 1 | 1
