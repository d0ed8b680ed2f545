-- claim: numeric is written as decimal is
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V numeric(5, 2) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 193.57)
GO
SELECT CONVERT(varchar(41), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '193.57'
