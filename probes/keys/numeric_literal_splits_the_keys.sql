-- claim: A literal of numeric splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K numeric(5,2) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-1.5, 1), (1.25, 2), (193.57, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('1.25' AS numeric(5,2))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('1.25' AS numeric(5,2)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('1.25' AS numeric(5,2)) AND t.[K] < CAST('193.57' AS numeric(5,2))
ORDER BY t.Place
-- expect rows: place
--   2
