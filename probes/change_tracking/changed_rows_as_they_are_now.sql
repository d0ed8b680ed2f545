-- claim: EXISTS over CHANGETABLE finds the changed rows as they are now
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking.changes_select

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
INSERT dbo.T VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)
GO
UPDATE dbo.T SET V = 9 WHERE ID = 1
GO
DELETE dbo.T WHERE ID = 2
GO
SELECT
  t.[ID] AS [id],
  t.[V] AS [v]
FROM [$(database)].[dbo].[T] AS t
WHERE (EXISTS (SELECT 1 AS found FROM CHANGETABLE(CHANGES [$(database)].[dbo].[T], 1) AS c WHERE c.[ID] = t.[ID]))
-- expect rows: id, v
--   1 | 9
