-- claim: A row is found by the literal of its key of binary
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K binary(4) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (0x00, 1), (0x0A, 2), (0xFF, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(0x0A000000 AS binary(4))), (CAST(0xFF000000 AS binary(4)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
