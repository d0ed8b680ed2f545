-- claim: Style 121 writes a datetime2(3) with all its digits
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetime2(3) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '2024-02-29T23:59:58.123')
GO
SELECT CONVERT(varchar(27), t.[V], 121) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '2024-02-29 23:59:58.123'
