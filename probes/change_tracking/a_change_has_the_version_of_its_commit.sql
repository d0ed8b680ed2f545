-- claim: A change that is written before another and committed after it has the higher version
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/track-changes/work-with-change-tracking-sql-server
-- database: own
-- database: CHANGE_TRACKING = ON
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.change_tracking

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY)
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
ALTER TABLE dbo.U ENABLE CHANGE_TRACKING
GO
BEGIN TRANSACTION
INSERT INTO dbo.T VALUES (1)
GO
-- session: b
INSERT INTO dbo.U VALUES (1)
GO
-- session: a
COMMIT TRANSACTION
GO
SELECT (SELECT c.SYS_CHANGE_VERSION FROM CHANGETABLE(CHANGES dbo.T, 0) AS c) AS t,
  (SELECT c.SYS_CHANGE_VERSION FROM CHANGETABLE(CHANGES dbo.U, 0) AS c) AS u
-- expect rows: t, u
--   2 | 1
