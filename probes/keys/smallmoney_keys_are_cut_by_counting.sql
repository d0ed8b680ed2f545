-- claim: Every nth key of smallmoney is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K smallmoney NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-214748.3648, 1), (0.1000, 2), (214748.3647, 3)
GO
SELECT CONVERT(varchar(30), s.k0, 2) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '0.1000'
--   '214748.3647'
