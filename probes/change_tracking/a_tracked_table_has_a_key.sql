-- claim: Tracking of a table without a primary key is refused (4997)
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/enable-and-disable-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE TABLE dbo.U (ID int NOT NULL)
GO
ALTER TABLE dbo.U ENABLE CHANGE_TRACKING
-- expect error 4997: Cannot enable change tracking on table 'U'. Change tracking requires a primary key on the table.
--   Create a primary key on the table before enabling change tracking.
