-- claim: ALTER TABLE of columns raises no version and lists no change
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- observed: The page lists data changes only.
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
ALTER TABLE dbo.T ADD X int NOT NULL DEFAULT 1
GO
ALTER TABLE dbo.T DROP COLUMN W
GO
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version
-- expect rows: version
--   1
GO
SELECT c.SYS_CHANGE_OPERATION AS op, c.ID AS id FROM CHANGETABLE(CHANGES dbo.T, 1) AS c ORDER BY c.ID
-- expect rows: op, id
