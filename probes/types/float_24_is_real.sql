-- claim: float(24) and less is stored as real, in four bytes
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/float-and-real-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V float(24) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0.1)
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   4
