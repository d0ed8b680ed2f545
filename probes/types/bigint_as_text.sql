-- claim: The text of a bigint is its digits, twenty characters at the most
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V bigint NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, -9223372036854775808), (2, 9223372036854775807)
GO
SELECT CONVERT(varchar(20), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '-9223372036854775808'
--   '9223372036854775807'
