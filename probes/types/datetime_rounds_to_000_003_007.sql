-- claim: The milliseconds of a datetime are rounded to .000, .003 or .007
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetime NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '1998-01-01T23:59:59.995'), (2, '1998-01-01T23:59:59.991'), (3, '1998-01-01T23:59:59.999'), (4, '1998-01-01T23:59:59.998')
GO
SELECT CONVERT(varchar(23), t.[V], 121) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '1998-01-01 23:59:59.997'
--   '1998-01-01 23:59:59.990'
--   '1998-01-02 00:00:00.000'
--   '1998-01-01 23:59:59.997'
