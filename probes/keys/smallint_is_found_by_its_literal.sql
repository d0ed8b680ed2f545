-- claim: A row is found by the literal of its key of smallint
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K smallint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-32768, 1), (-1, 2), (32767, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(-1 AS smallint)), (CAST(32767 AS smallint))) AS v (a0) WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
