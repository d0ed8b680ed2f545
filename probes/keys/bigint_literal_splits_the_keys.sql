-- claim: A literal of bigint splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K bigint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-9223372036854775808, 1), (4294967296, 2), (9223372036854775807, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(4294967296 AS bigint)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(4294967296 AS bigint) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(4294967296 AS bigint) AND t.[K] < CAST(9223372036854775807 AS bigint)
ORDER BY t.Place
-- expect rows: place
--   2
