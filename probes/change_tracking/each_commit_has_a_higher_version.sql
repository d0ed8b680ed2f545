-- claim: Each transaction that changes a tracked table raises the version
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE TABLE dbo.Saved (V bigint NULL);
INSERT dbo.Saved SELECT CHANGE_TRACKING_CURRENT_VERSION()
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
SELECT CASE WHEN CHANGE_TRACKING_CURRENT_VERSION() > s.V THEN 1 ELSE 0 END AS grew FROM dbo.Saved AS s
-- expect rows: grew
--   1
