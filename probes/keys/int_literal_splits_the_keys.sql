-- claim: A literal of int splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K int NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-2147483648, 1), (0, 2), (2147483647, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(0 AS int)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(0 AS int) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(0 AS int) AND t.[K] < CAST(2147483647 AS int)
ORDER BY t.Place
-- expect rows: place
--   2
