-- claim: A row that is not updated keeps its rowversion
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL, R rowversion NOT NULL)
CREATE TABLE dbo.Before (R binary(8) NOT NULL)
INSERT INTO dbo.T (ID, V) VALUES (1, 1), (2, 2)
INSERT INTO dbo.Before SELECT R FROM dbo.T WHERE ID = 2
UPDATE dbo.T SET V = 9 WHERE ID = 1
GO
SELECT CASE WHEN t.R = b.R THEN 1 ELSE 0 END AS same FROM dbo.T AS t, dbo.Before AS b WHERE t.ID = 2
-- expect rows: same
--   1
