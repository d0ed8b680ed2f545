-- claim: Style 2 writes all four decimal places of a money, without commas
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V money NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, -922337203685477.5808), (2, 922337203685477.5807), (3, 0)
GO
SELECT CONVERT(varchar(21), t.[V], 2) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '-922337203685477.5808'
--   '922337203685477.5807'
--   '0.0000'
