-- claim: A row is found by the literal of its key of uniqueidentifier
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K uniqueidentifier NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('FFFFFFFF-FFFF-FFFF-FFFF-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2), ('00000000-0000-0000-0000-010000000000', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('00000000-0000-0000-0000-000000000002' AS uniqueidentifier)), (CAST('00000000-0000-0000-0000-010000000000' AS uniqueidentifier))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
