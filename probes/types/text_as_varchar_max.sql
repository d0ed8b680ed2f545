-- claim: A text column is read as varchar(max), with every byte
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/ntext-text-and-image-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V text NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 'a'), (2, '')
GO
SELECT DATALENGTH(CAST(t.[V] AS varchar(max))) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   1
--   0
