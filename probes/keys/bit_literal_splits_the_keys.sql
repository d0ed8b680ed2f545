-- claim: A literal of bit splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/bit-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K bit NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (0, 1), (1, 2)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(1 AS bit)
ORDER BY t.Place
-- expect rows: place
--   2
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(1 AS bit) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
