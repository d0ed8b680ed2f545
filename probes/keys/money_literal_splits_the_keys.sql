-- claim: A literal of money splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K money NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-922337203685477.5808, 1), (0.0001, 2), (922337203685477.5807, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('0.0001' AS money)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('0.0001' AS money) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('0.0001' AS money) AND t.[K] < CAST('922337203685477.5807' AS money)
ORDER BY t.Place
-- expect rows: place
--   2
