-- claim: A row is found by the literal of its key of decimal
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K decimal(9,4) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-0.5, 1), (0, 2), (12345.6789, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('0.0000' AS decimal(9,4))), (CAST('12345.6789' AS decimal(9,4)))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
