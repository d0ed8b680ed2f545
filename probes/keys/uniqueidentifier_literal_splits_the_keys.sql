-- claim: A literal of uniqueidentifier splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K uniqueidentifier NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('FFFFFFFF-FFFF-FFFF-FFFF-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2), ('00000000-0000-0000-0000-010000000000', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier)
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier) OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier) AND t.[K] < CAST('00000000-0000-0000-0000-010000000000' AS uniqueidentifier)
ORDER BY t.Place
-- expect rows: place
--   2
