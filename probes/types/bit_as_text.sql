-- claim: A bit is written as 1 or 0
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/bit-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V bit NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 1), (2, 0), (3, 5)
GO
SELECT CONVERT(varchar(1), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '1'
--   '0'
--   '1'
