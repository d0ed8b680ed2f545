-- claim: The bytes of an nvarchar are UTF-16, least significant byte first
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V nvarchar(10) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'A'), (2, N'я')
GO
SELECT CAST(t.[V] AS varbinary(max)) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x4100
--   0x4F04
