-- claim: A row is found by the literal of its key of bigint
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K bigint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-9223372036854775808, 1), (4294967296, 2), (9223372036854775807, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(4294967296 AS bigint)), (CAST(9223372036854775807 AS bigint))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
