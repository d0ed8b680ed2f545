-- claim: A literal of datetime2(7) splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K datetime2(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01T00:00:00', 1), ('2024-02-29T01:02:03.1234567', 2), ('9999-12-31T23:59:59.9999999', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-02-29T01:02:03.1234567' AS datetime2(7))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('2024-02-29T01:02:03.1234567' AS datetime2(7)) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('2024-02-29T01:02:03.1234567' AS datetime2(7)) AND t.[K] < CAST('9999-12-31T23:59:59.9999999' AS datetime2(7))
ORDER BY t.Place
-- expect rows: place
--   2
