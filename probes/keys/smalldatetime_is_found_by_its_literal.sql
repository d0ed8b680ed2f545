-- claim: A row is found by the literal of its key of smalldatetime
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/smalldatetime-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K smalldatetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1900-01-01T00:00:00', 1), ('2000-01-01T12:30:00', 2), ('2079-06-06T23:59:00', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST('2000-01-01T12:30:00' AS smalldatetime)), (CAST('2079-06-06T23:59:00' AS smalldatetime))) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
