-- claim: The text of a tinyint is its digits; it holds 0 to 255
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V tinyint NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0), (2, 255)
GO
SELECT CONVERT(varchar(3), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '0'
--   '255'
