-- claim: A literal of time(7) splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K time(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('00:00:00', 1), ('12:00:00.0000001', 2), ('23:59:59.9999999', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('12:00:00.0000001' AS time(7))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('12:00:00.0000001' AS time(7)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('12:00:00.0000001' AS time(7)) AND t.[K] < CAST('23:59:59.9999999' AS time(7))
ORDER BY t.Place
-- expect rows: place
--   2
