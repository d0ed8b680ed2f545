-- claim: float(25) and more is stored as float(53), in eight bytes
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/float-and-real-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V float(25) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0.1)
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   8
