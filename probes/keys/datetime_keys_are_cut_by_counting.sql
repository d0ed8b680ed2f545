-- claim: Every nth key of datetime is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K datetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1753-01-01T00:00:00', 1), ('2000-01-01T00:00:00.003', 2), ('9999-12-31T23:59:59.997', 3)
GO
SELECT CONVERT(varchar(27), s.k0, 126) AS k0
FROM (
SELECT t.[K] AS k0, ROW_NUMBER() OVER (ORDER BY t.[K]) AS place
FROM dbo.T AS t
WHERE t.[K] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(3 AS bigint) > (s.place - 2) * 3 / CAST(3 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '2000-01-01T00:00:00.003'
--   '9999-12-31T23:59:59.997'
