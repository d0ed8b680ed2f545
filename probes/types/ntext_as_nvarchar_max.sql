-- claim: An ntext column is read as nvarchar(max), two bytes a unit
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/ntext-text-and-image-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V ntext NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'aя'), (2, N'')
GO
SELECT DATALENGTH(CAST(t.[V] AS nvarchar(max))) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   4
--   0
