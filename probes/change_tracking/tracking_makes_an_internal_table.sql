-- claim: A tracked table has one internal table of the type CHANGE_TRACKING
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-internal-tables-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
SELECT COUNT(*) AS journals FROM sys.internal_tables AS j
  WHERE j.parent_id = OBJECT_ID(N'dbo.T') AND j.internal_type_desc = 'CHANGE_TRACKING'
-- expect rows: journals
--   1
GO
ALTER TABLE dbo.T DISABLE CHANGE_TRACKING
GO
SELECT COUNT(*) AS journals FROM sys.internal_tables AS j
  WHERE j.parent_id = OBJECT_ID(N'dbo.T') AND j.internal_type_desc = 'CHANGE_TRACKING'
-- expect rows: journals
--   0
