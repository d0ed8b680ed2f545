-- claim: Trailing zeros of a varbinary are stored
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-ansi-padding-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V varbinary(8) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0x0A00), (2, 0x)
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   2
--   0
