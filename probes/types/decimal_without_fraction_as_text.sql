-- claim: A decimal of scale 0 is written without a point
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V decimal(38, 0) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 99999999999999999999999999999999999999), (2,
  -99999999999999999999999999999999999999)
GO
SELECT CONVERT(varchar(41), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '99999999999999999999999999999999999999'
--   '-99999999999999999999999999999999999999'
