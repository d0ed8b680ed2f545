-- claim: A row is found by the literal of its key of numeric
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K numeric(5,2) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-1.5, 1), (1.25, 2), (193.57, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('1.25' AS numeric(5,2))), (CAST('193.57' AS numeric(5,2)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
