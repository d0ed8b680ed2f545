-- claim: A literal of varbinary splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K varbinary(8) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (0x, 1), (0x0A0B, 2), (0xFF, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(0x0A0B AS varbinary(8))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(0x0A0B AS varbinary(8)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(0x0A0B AS varbinary(8)) AND t.[K] < CAST(0xFF AS varbinary(8))
ORDER BY t.Place
-- expect rows: place
--   2
