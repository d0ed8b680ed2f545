-- claim: A literal of smallmoney splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K smallmoney NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-214748.3648, 1), (0.1000, 2), (214748.3647, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('0.1000' AS smallmoney)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('0.1000' AS smallmoney) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('0.1000' AS smallmoney) AND t.[K] < CAST('214748.3647' AS smallmoney)
ORDER BY t.Place
-- expect rows: place
--   2
