-- claim: Style 121 writes a time(7) with as many digits
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V time(7) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '23:59:58.1234567')
GO
SELECT CONVERT(varchar(16), t.[V], 121) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '23:59:58.1234567'
