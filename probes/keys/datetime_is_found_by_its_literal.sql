-- claim: A row is found by the literal of its key of datetime
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K datetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1753-01-01T00:00:00', 1), ('2000-01-01T00:00:00.003', 2), ('9999-12-31T23:59:59.997', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('2000-01-01T00:00:00.003' AS datetime)), (CAST('9999-12-31T23:59:59.997' AS datetime))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
