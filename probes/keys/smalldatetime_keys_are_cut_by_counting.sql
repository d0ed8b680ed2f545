-- claim: Every nth key of smalldatetime is found by its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/smalldatetime-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (K smalldatetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1900-01-01T00:00:00', 1), ('2000-01-01T12:30:00', 2), ('2079-06-06T23:59:00', 3)
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
--   '2000-01-01T12:30:00'
--   '2079-06-06T23:59:00'
