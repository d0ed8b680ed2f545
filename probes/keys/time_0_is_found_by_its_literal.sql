-- claim: A row is found by the literal of its key of time(0)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K time(0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('00:00:00', 1), ('12:00:01', 2), ('23:59:59', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('12:00:01' AS time(0))), (CAST('23:59:59' AS time(0)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
