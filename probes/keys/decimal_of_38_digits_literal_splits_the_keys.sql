-- claim: A literal of decimal of 38 digits splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K decimal(38,0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-99999999999999999999999999999999999999, 1), (1, 2), (99999999999999999999999999999999999999, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('1' AS decimal(38,0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('1' AS decimal(38,0)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('1' AS decimal(38,0)) AND t.[K] < CAST('99999999999999999999999999999999999999' AS decimal(38,0))
ORDER BY t.Place
-- expect rows: place
--   2
