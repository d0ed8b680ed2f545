-- claim: SYS_CHANGE_VERSION is the version of the last change, SYS_CHANGE_CREATION_VERSION that of the insert
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1)
GO
UPDATE dbo.T SET V = 2
GO
SELECT c.SYS_CHANGE_VERSION AS version, c.SYS_CHANGE_CREATION_VERSION AS created FROM CHANGETABLE(CHANGES dbo.T, 0) AS
  c
-- expect rows: version, created
--   2 | 1
