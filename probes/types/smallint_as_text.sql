-- claim: The text of a smallint is its digits, six characters at the most
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V smallint NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, -32768), (2, 32767)
GO
SELECT CONVERT(varchar(6), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '-32768'
--   '32767'
