-- claim: A row is found by the literal of its key of decimal of 38 digits
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K decimal(38,0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-99999999999999999999999999999999999999, 1), (1, 2), (99999999999999999999999999999999999999, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('1' AS decimal(38,0))), (CAST('99999999999999999999999999999999999999' AS decimal(38,0)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
