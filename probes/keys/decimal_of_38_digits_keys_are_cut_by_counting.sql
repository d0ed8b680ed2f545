-- claim: Every nth key of decimal of 38 digits is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K decimal(38,0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-99999999999999999999999999999999999999, 1), (1, 2), (99999999999999999999999999999999999999, 3)
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
--   '1'
--   '99999999999999999999999999999999999999'
