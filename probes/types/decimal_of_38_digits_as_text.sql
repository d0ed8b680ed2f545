-- claim: A decimal of 38 digits is written with all of them; 41 characters are enough
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V decimal(38, 38) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, CAST('0.99999999999999999999999999999999999999' AS decimal(38, 38))), (2, CAST('-0.00000000000000000000000000000000000001' AS decimal(38, 38)))
GO
SELECT CONVERT(varchar(41), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '0.99999999999999999999999999999999999999'
--   '-0.00000000000000000000000000000000000001'
