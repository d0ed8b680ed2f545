-- claim: Style 2 writes all four decimal places of a smallmoney
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V smallmoney NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, -214748.3648), (2, 214748.3647)
GO
SELECT CONVERT(varchar(12), t.[V], 2) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '-214748.3648'
--   '214748.3647'
