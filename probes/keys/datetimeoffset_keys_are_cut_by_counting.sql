-- claim: Every nth key of datetimeoffset is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetimeoffset-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K datetimeoffset(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('2024-01-01 02:00:00 +03:00', 1), ('2024-01-01 00:00:00 +00:00', 2), ('2024-01-01 00:00:00.0000001 -01:00', 3)
GO
SELECT CONVERT(varchar(34), s.k0, 121) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '2024-01-01 00:00:00.0000000 +00:00'
--   '2024-01-01 00:00:00.0000001 -01:00'
