-- claim: A row is found by the literal of its key of time(7)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K time(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('00:00:00', 1), ('12:00:00.0000001', 2), ('23:59:59.9999999', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('12:00:00.0000001' AS time(7))), (CAST('23:59:59.9999999' AS time(7)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
