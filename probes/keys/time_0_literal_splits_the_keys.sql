-- claim: A literal of time(0) splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K time(0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('00:00:00', 1), ('12:00:01', 2), ('23:59:59', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('12:00:01' AS time(0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('12:00:01' AS time(0)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('12:00:01' AS time(0)) AND t.[K] < CAST('23:59:59' AS time(0))
ORDER BY t.Place
-- expect rows: place
--   2
