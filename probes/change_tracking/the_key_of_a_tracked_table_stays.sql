-- claim: The primary key of a tracked table cannot be dropped (3735)
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- observed: The page says that it cannot be dropped.
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
ALTER TABLE dbo.T DROP CONSTRAINT PK_T
-- expect error 3735: The primary key constraint 'PK_T' on table 'T' cannot be dropped because change tracking is
--   enabled on the table. Change tracking requires a primary key constraint on the table. Disable change tracking
--   before dropping the constraint.
