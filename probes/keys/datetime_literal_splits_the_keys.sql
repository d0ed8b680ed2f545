-- claim: A literal of datetime splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K datetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1753-01-01T00:00:00', 1), ('2000-01-01T00:00:00.003', 2), ('9999-12-31T23:59:59.997', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2000-01-01T00:00:00.003' AS datetime)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('2000-01-01T00:00:00.003' AS datetime) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2000-01-01T00:00:00.003' AS datetime) AND t.[K] < CAST('9999-12-31T23:59:59.997' AS datetime)
ORDER BY t.Place
-- expect rows: place
--   2
