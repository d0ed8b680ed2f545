-- claim: BETWEEN includes both of its ends
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/between-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K datetime2(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
INSERT INTO dbo.T VALUES ('2024-01-01T00:00:00.0000010', 1), ('2024-01-01T00:00:00.0000019', 2),
  ('2024-01-01T00:00:00.0000020', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('2024-01-01T00:00:00.0000010' AS datetime2(7)),
  CAST('2024-01-01T00:00:00.0000019' AS datetime2(7)))) AS v (a0, b0) WHERE t.[K] BETWEEN v.a0 AND v.b0))
ORDER BY t.Place
-- expect rows: place
--   1
--   2
