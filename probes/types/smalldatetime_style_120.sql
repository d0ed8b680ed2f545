-- claim: Style 120 writes a smalldatetime; its seconds are always 00
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V smalldatetime NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '2079-06-06T23:59:00'), (2, '1900-01-01T00:00:00')
GO
SELECT CONVERT(varchar(19), t.[V], 120) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '2079-06-06 23:59:00'
--   '1900-01-01 00:00:00'
