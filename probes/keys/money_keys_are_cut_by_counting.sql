-- claim: Every nth key of money is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K money NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-922337203685477.5808, 1), (0.0001, 2), (922337203685477.5807, 3)
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
--   '0.0001'
--   '922337203685477.5807'
