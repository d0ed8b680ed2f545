-- claim: Every nth key of uniqueidentifier is found by its place
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K uniqueidentifier NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('FFFFFFFF-FFFF-FFFF-FFFF-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2), ('00000000-0000-0000-0000-010000000000', 3)
GO
SELECT CONVERT(char(36), s.k0) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '00000000-0000-0000-0000-000000000002'
--   '00000000-0000-0000-0000-010000000000'
