-- claim: A DELETE does not advance the counter
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.Before (R binary(8) NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1)
INSERT INTO dbo.Before VALUES (@@DBTS)
DELETE FROM dbo.T
GO
SELECT CASE WHEN @@DBTS = b.R THEN 1 ELSE 0 END AS same FROM dbo.Before AS b
-- expect rows: same
--   1
