-- claim: The text of a decimal has all digits of its scale, and a zero before the point
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V decimal(9, 4) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0.5), (2, -0.5), (3, 12345.6789), (4, 7)
GO
SELECT CONVERT(varchar(41), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '0.5000'
--   '-0.5000'
--   '12345.6789'
--   '7.0000'
