-- claim: An image column is read as varbinary(max)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/ntext-text-and-image-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V image NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0x00FF)
GO
SELECT CAST(t.[V] AS varbinary(max)) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x00FF
