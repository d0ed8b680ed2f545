-- claim: A row is found by the literal of its key of varchar
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K varchar(10) COLLATE Cyrillic_General_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (N'', 1), (N'a', 2), (N'я', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(CAST(0x6100 AS nvarchar(10)) COLLATE Cyrillic_General_CI_AS AS varchar(10))
  COLLATE Cyrillic_General_CI_AS), (CAST(CAST(0x4F04 AS nvarchar(10)) COLLATE Cyrillic_General_CI_AS AS varchar(10))
  COLLATE Cyrillic_General_CI_AS)) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
