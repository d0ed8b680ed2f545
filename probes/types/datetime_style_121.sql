-- claim: Style 121 writes a datetime with three digits
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetime NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '1753-01-01T00:00:00'), (2, '9999-12-31T23:59:59.997')
GO
SELECT CONVERT(varchar(23), t.[V], 121) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '1753-01-01 00:00:00.000'
--   '9999-12-31 23:59:59.997'
