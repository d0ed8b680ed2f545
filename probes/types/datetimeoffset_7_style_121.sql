-- claim: Style 121 writes a datetimeoffset(7) in its local time, with the offset
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetimeoffset(7) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '2024-02-29 01:02:03.1234567 +14:00')
GO
SELECT CONVERT(varchar(34), t.[V], 121) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '2024-02-29 01:02:03.1234567 +14:00'
