-- claim: An update that sets a column to its own value gives the row a new rowversion
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL, R rowversion NOT NULL)
CREATE TABLE dbo.Before (R binary(8) NOT NULL)
INSERT INTO dbo.T (ID, V) VALUES (1, 1)
INSERT INTO dbo.Before SELECT R FROM dbo.T
UPDATE dbo.T SET V = V
GO
SELECT CASE WHEN t.R > b.R THEN 1 ELSE 0 END AS grew FROM dbo.T AS t, dbo.Before AS b
-- expect rows: grew
--   1
