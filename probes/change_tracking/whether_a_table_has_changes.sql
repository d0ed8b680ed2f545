-- claim: EXISTS over CHANGETABLE tells which of several tables have changes
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking.changed_tables

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY);
ALTER TABLE dbo.U ENABLE CHANGE_TRACKING
GO
SELECT 0 AS place WHERE EXISTS (SELECT 1 AS found FROM CHANGETABLE(CHANGES [$(database)].[dbo].[T], 0) AS c)
UNION ALL SELECT 1 AS place WHERE EXISTS (SELECT 1 AS found FROM CHANGETABLE(CHANGES [$(database)].[dbo].[U], 1) AS c)
-- expect rows: place
--   0
