-- claim: A literal of date splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/date-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K date NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01', 1), ('2024-02-29', 2), ('9999-12-31', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-02-29' AS date)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('2024-02-29' AS date) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-02-29' AS date) AND t.[K] < CAST('9999-12-31' AS date)
ORDER BY t.Place
-- expect rows: place
--   2
