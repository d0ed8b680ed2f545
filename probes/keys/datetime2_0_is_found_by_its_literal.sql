-- claim: A row is found by the literal of its key of datetime2(0)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K datetime2(0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01T00:00:00', 1), ('2024-02-29T01:02:03', 2), ('9999-12-31T23:59:59', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('2024-02-29T01:02:03' AS datetime2(0))), (CAST('9999-12-31T23:59:59' AS datetime2(0)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
