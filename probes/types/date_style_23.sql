-- claim: Style 23 writes a date as yyyy-mm-dd, from year 1 to 9999
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V date NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '0001-01-01'), (2, '9999-12-31')
GO
SELECT CONVERT(varchar(10), t.[V], 23) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '0001-01-01'
--   '9999-12-31'
