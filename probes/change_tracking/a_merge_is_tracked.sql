-- claim: Rows that MERGE writes are tracked
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
MERGE INTO dbo.T AS t USING (VALUES (1), (9)) AS s (ID) ON t.ID = s.ID
WHEN MATCHED THEN UPDATE SET V = 5
WHEN NOT MATCHED THEN INSERT (ID, V) VALUES (s.ID, 5);
GO
SELECT c.SYS_CHANGE_OPERATION AS op, c.ID AS id FROM CHANGETABLE(CHANGES dbo.T, 1) AS c ORDER BY c.ID
-- expect rows: op, id
--   'U' | 1
--   'I' | 9
