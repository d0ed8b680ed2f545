-- claim: A transaction that is rolled back raises no version and leaves no change
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
ROLLBACK TRANSACTION
GO
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version
-- expect rows: version
--   0
GO
SELECT c.SYS_CHANGE_OPERATION AS op, c.ID AS id FROM CHANGETABLE(CHANGES dbo.T, 0) AS c ORDER BY c.ID
-- expect rows: op, id
