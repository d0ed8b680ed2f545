-- claim: The lowest valid version of a table is the one at which tracking began
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/change-tracking-min-valid-version-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking_watermark

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
SELECT CASE WHEN t.min_valid_version = CHANGE_TRACKING_MIN_VALID_VERSION(t.object_id) THEN 1
  ELSE 0 END AS same, t.begin_version AS begun, t.min_valid_version AS minimum FROM sys.change_tracking_tables AS t
  WHERE t.object_id = OBJECT_ID(N'dbo.T')
-- expect rows: same, begun, minimum
--   1 | 0 | 0
