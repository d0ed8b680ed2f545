-- claim: 29.998 seconds are rounded down to the minute, 29.999 up
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/smalldatetime-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V smalldatetime NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '2007-05-09T23:59:29.998'), (2, '2007-05-09T23:59:29.999')
GO
SELECT CONVERT(varchar(19), t.[V], 120) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '2007-05-09 23:59:00'
--   '2007-05-10 00:00:00'
