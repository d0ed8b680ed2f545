-- claim: CHANGETABLE takes a name of three parts
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
SELECT COUNT_BIG(*) AS changes FROM CHANGETABLE(CHANGES [$(database)].[dbo].[T], 0) AS c
-- expect rows: changes
--   3
