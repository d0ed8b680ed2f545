-- claim: Each inserted row gets a rowversion above all earlier ones of the database
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1)
INSERT INTO dbo.U (ID) VALUES (1)
INSERT INTO dbo.T (ID) VALUES (2)
GO
SELECT CASE WHEN a.R < u.R AND u.R < b.R THEN 1 ELSE 0 END AS grows
FROM dbo.T AS a, dbo.U AS u, dbo.T AS b WHERE a.ID = 1 AND b.ID = 2
-- expect rows: grows
--   1
