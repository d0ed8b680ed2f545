-- claim: A literal of datetime2(0) splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K datetime2(0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01T00:00:00', 1), ('2024-02-29T01:02:03', 2), ('9999-12-31T23:59:59', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-02-29T01:02:03' AS datetime2(0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('2024-02-29T01:02:03' AS datetime2(0)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-02-29T01:02:03' AS datetime2(0)) AND t.[K] < CAST('9999-12-31T23:59:59' AS datetime2(0))
ORDER BY t.Place
-- expect rows: place
--   2
