-- claim: CHANGETABLE has all columns of the key
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE TABLE dbo.K (A int NOT NULL, B nvarchar(9) NOT NULL, V int NULL, PRIMARY KEY (A, B));
ALTER TABLE dbo.K ENABLE CHANGE_TRACKING
GO
INSERT dbo.K VALUES (1, N'x', 1), (1, N'y', 1)
GO
SELECT c.A AS a, c.B AS b FROM CHANGETABLE(CHANGES dbo.K, 0) AS c ORDER BY c.B
-- expect rows: a, b
--   1 | 'x'
--   1 | 'y'
