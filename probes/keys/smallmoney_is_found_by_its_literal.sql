-- claim: A row is found by the literal of its key of smallmoney
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K smallmoney NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-214748.3648, 1), (0.1000, 2), (214748.3647, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('0.1000' AS smallmoney)), (CAST('214748.3647' AS smallmoney))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
