-- claim: NOT EXISTS over CHANGETABLE finds whether any row has not changed
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking.unchanged_row

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
SELECT CASE WHEN EXISTS (SELECT 1 AS found FROM [$(database)].[dbo].[T] AS t
  WHERE NOT EXISTS (SELECT 1 AS found FROM CHANGETABLE(CHANGES [$(database)].[dbo].[T], 0) AS c
  WHERE c.[ID] = t.[ID])) THEN 1
  ELSE 0 END AS found
-- expect rows: found
--   0
GO
UPDATE dbo.T SET V = 9 WHERE ID = 1
GO
SELECT CASE WHEN EXISTS (SELECT 1 AS found FROM [$(database)].[dbo].[T] AS t
  WHERE NOT EXISTS (SELECT 1 AS found FROM CHANGETABLE(CHANGES [$(database)].[dbo].[T], 1) AS c
  WHERE c.[ID] = t.[ID])) THEN 1
  ELSE 0 END AS found
-- expect rows: found
--   1
