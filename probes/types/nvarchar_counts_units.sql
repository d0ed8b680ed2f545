-- claim: nvarchar(n) counts pairs of bytes: a supplementary character takes two
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V nvarchar(2) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, CAST(0x3DD800DE AS nvarchar(2)))
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   4
