-- claim: VIEW CHANGE TRACKING alone does not show changes: SELECT on the key is missing
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/changetable-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
CREATE USER Reader WITHOUT LOGIN
GO
GRANT VIEW CHANGE TRACKING ON dbo.T TO Reader
GO
EXECUTE AS USER = N'Reader'
GO
SELECT c.ID AS id FROM CHANGETABLE(CHANGES dbo.T, 0) AS c
-- expect error 229: The SELECT permission was denied on the object 'T', database '%', schema 'dbo'.
GO
REVERT
