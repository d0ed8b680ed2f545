-- claim: A row is found by the literal of its key of money
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K money NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-922337203685477.5808, 1), (0.0001, 2), (922337203685477.5807, 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('0.0001' AS money)), (CAST('922337203685477.5807' AS money))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
