-- claim: A row is found by the literal of its key of nvarchar
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K nvarchar(10) COLLATE Latin1_General_100_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (N'', 1), (N'a', 2), (N'я', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(0x6100 AS nvarchar(10)) COLLATE Latin1_General_100_CI_AS), (CAST(0x4F04 AS
  nvarchar(10)) COLLATE Latin1_General_100_CI_AS)) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
