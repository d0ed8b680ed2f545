-- claim: An nchar(n) is padded with blanks to its length, two bytes each
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V nchar(6) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'ab')
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   12
