-- claim: CHANGETABLE of a view is refused (22107)
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE VIEW dbo.W AS SELECT ID FROM dbo.T
GO
SELECT c.ID AS id FROM CHANGETABLE(CHANGES dbo.W, 0) AS c
-- expect error 22107: Object 'dbo.W' is of a data type that is not supported by the CHANGETABLE function. The object
--   must be a user-defined table.
