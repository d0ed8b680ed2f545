-- claim: A literal of datetimeoffset splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetimeoffset-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K datetimeoffset(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('2024-01-01 02:00:00 +03:00', 1), ('2024-01-01 00:00:00 +00:00', 2), ('2024-01-01 00:00:00.0000001 -01:00', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-01-01 00:00:00.0000000 +00:00' AS datetimeoffset(7)) AND t.[K] < CAST('2024-01-01 00:00:00.0000001 -01:00' AS datetimeoffset(7))
ORDER BY t.Place
-- expect rows: place
--   2
