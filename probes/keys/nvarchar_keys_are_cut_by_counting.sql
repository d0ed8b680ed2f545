-- claim: Every nth key of nvarchar is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K nvarchar(10) COLLATE Latin1_General_100_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (N'', 1), (N'a', 2), (N'я', 3)
GO
SELECT CONVERT(varchar(max), CAST(s.k0 AS varbinary(8000)), 1) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '0x6100'
--   '0x4F04'
