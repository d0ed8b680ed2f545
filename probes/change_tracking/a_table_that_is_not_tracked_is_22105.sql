-- claim: CHANGETABLE of a table that is not tracked is 22105
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY)
GO
SELECT c.ID AS id FROM CHANGETABLE(CHANGES dbo.U, 0) AS c
-- expect error 22105: Change tracking is not enabled on table '%'.
