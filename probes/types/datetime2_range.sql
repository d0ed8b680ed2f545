-- claim: A datetime2 reaches from year 1 to the last tick of year 9999
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetime2(7) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '0001-01-01T00:00:00'), (2, '9999-12-31T23:59:59.9999999')
GO
SELECT CONVERT(varchar(27), t.[V], 121) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '0001-01-01 00:00:00.0000000'
--   '9999-12-31 23:59:59.9999999'
