-- claim: The lowest valid version of a table that is not tracked is NULL
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/change-tracking-min-valid-version-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking_watermark

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY)
GO
SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'dbo.U')) AS minimum
-- expect rows: minimum
--   NULL
