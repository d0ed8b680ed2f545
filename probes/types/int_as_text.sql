-- claim: The text of an int is its digits, eleven characters at the most
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V int NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, -2147483648), (2, 2147483647)
GO
SELECT CONVERT(varchar(11), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '-2147483648'
--   '2147483647'
