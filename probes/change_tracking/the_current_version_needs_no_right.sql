-- claim: CHANGE_TRACKING_CURRENT_VERSION() needs no right on a table
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/change-tracking-current-version-transact-sql
-- observed: The page says that it needs no right besides access to the database.
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE USER Reader WITHOUT LOGIN
GO
EXECUTE AS USER = N'Reader'
GO
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version
-- expect rows: version
--   0
GO
REVERT
