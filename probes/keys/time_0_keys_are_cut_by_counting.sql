-- claim: Every nth key of time(0) is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K time(0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('00:00:00', 1), ('12:00:01', 2), ('23:59:59', 3)
GO
SELECT CONVERT(varchar(16), s.k0, 121) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '12:00:01'
--   '23:59:59'
