-- claim: Every nth key of varbinary is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K varbinary(8) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (0x, 1), (0x0A0B, 2), (0xFF, 3)
GO
SELECT CONVERT(varchar(max), CAST(s.k0 AS varbinary(8)), 1) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '0x0A0B'
--   '0xFF'
