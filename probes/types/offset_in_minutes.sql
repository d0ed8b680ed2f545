-- claim: DATEPART(TZOFFSET) is the offset in minutes, negative in the west
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/datepart-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetimeoffset(7) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '2024-01-01 00:00:00 +05:30'), (2, '2024-01-01 00:00:00 -03:30'), (3, NULL)
GO
SELECT CAST(DATEPART(TZOFFSET, t.[V]) AS smallint) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   330
--   -210
--   NULL
