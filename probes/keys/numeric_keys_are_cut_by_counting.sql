-- claim: Every nth key of numeric is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K numeric(5,2) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-1.5, 1), (1.25, 2), (193.57, 3)
GO
SELECT CONVERT(varchar(41), s.k0) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '1.25'
--   '193.57'
