-- claim: A literal of smallint splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K smallint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-32768, 1), (-1, 2), (32767, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(-1 AS smallint)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(-1 AS smallint) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(-1 AS smallint) AND t.[K] < CAST(32767 AS smallint)
ORDER BY t.Place
-- expect rows: place
--   2
