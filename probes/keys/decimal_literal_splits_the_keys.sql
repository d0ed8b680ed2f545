-- claim: A literal of decimal splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K decimal(9,4) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-0.5, 1), (0, 2), (12345.6789, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('0.0000' AS decimal(9,4))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('0.0000' AS decimal(9,4)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('0.0000' AS decimal(9,4)) AND t.[K] < CAST('12345.6789' AS decimal(9,4))
ORDER BY t.Place
-- expect rows: place
--   2
