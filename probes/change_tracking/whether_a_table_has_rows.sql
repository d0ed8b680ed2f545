-- claim: EXISTS tells whether a table has a row
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/exists-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.change_tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
SELECT CASE WHEN EXISTS (SELECT 1 AS found FROM [$(database)].[dbo].[T] AS t) THEN 1 ELSE 0 END AS has_rows
-- expect rows: has_rows
--   0
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
SELECT CASE WHEN EXISTS (SELECT 1 AS found FROM [$(database)].[dbo].[T] AS t) THEN 1 ELSE 0 END AS has_rows
-- expect rows: has_rows
--   1
