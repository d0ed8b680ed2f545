-- claim: A row is found by the literal of its key of datetimeoffset
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetimeoffset-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K datetimeoffset(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('2024-01-01 02:00:00 +03:00', 1), ('2024-01-01 00:00:00 +00:00', 2), ('2024-01-01 00:00:00.0000001 -01:00', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7))), (CAST('2024-01-01 00:00:00.0000001 -01:00' AS datetimeoffset(7)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
