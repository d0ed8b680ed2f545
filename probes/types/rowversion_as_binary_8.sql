-- claim: A rowversion is read as binary(8)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V int, R rowversion NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 1)
GO
SELECT DATALENGTH(CAST(t.[R] AS binary(8))) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   8
