-- claim: Tracking of a table of a database that does not track changes is refused (1718)
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/enable-and-disable-change-tracking-sql-server
-- database: own
-- covers: modes.tracking

CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY)
GO
ALTER TABLE dbo.U ENABLE CHANGE_TRACKING
-- expect error 1718: Change tracking must be enabled on database '%' before it can be enabled on table 'U'.
