-- claim: A row is found by the literal of its key of date
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/date-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K date NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01', 1), ('2024-02-29', 2), ('9999-12-31', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('2024-02-29' AS date)), (CAST('9999-12-31' AS date))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
