-- claim: All changes of one transaction have the same version
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
BEGIN TRANSACTION;
INSERT dbo.T VALUES (1, 1, 1);
INSERT dbo.T VALUES (2, 2, 2);
COMMIT TRANSACTION
GO
SELECT COUNT(DISTINCT c.SYS_CHANGE_VERSION) AS versions FROM CHANGETABLE(CHANGES dbo.T, 0) AS c
-- expect rows: versions
--   1
