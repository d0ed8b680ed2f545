-- claim: A row is found by the literal of its key of int
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K int NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-2147483648, 1), (0, 2), (2147483647, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(0 AS int)), (CAST(2147483647 AS int))) AS v (a0) WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
