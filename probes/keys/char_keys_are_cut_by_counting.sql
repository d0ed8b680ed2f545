-- claim: Every nth key of char is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K char(4) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('a', 1), ('B', 2), ('zz', 3)
GO
SELECT CONVERT(varchar(max), CAST(CAST(s.k0 AS nvarchar(4)) AS varbinary(8000)), 1) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '0x4200200020002000'
--   '0x7A007A0020002000'
