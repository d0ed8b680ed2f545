-- claim: A literal of smalldatetime splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/smalldatetime-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K smalldatetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1900-01-01T00:00:00', 1), ('2000-01-01T12:30:00', 2), ('2079-06-06T23:59:00', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2000-01-01T12:30:00' AS smalldatetime)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('2000-01-01T12:30:00' AS smalldatetime) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2000-01-01T12:30:00' AS smalldatetime) AND t.[K] < CAST('2079-06-06T23:59:00' AS smalldatetime)
ORDER BY t.Place
-- expect rows: place
--   2
