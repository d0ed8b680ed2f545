-- claim: Without a style a money loses two of its four decimal places
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V money NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 4235.9819)
GO
SELECT CONVERT(varchar(21), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '4235.98'
