-- claim: MIN_ACTIVE_ROWVERSION() speaks of the database in which it is asked
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.Now (R binary(8) NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1)
INSERT INTO dbo.Now VALUES (MIN_ACTIVE_ROWVERSION())
USE master
GO
EXEC [$(database)].sys.sp_executesql N'SELECT CASE WHEN MIN_ACTIVE_ROWVERSION() = n.R THEN 1 ELSE 0 END AS same FROM dbo.Now AS n'
-- expect rows: same
--   1
