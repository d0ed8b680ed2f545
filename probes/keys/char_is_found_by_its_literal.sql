-- claim: A row is found by the literal of its key of char
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (K char(4) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('a', 1), ('B', 2), ('zz', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(CAST(0x4200200020002000 AS nvarchar(4)) COLLATE Latin1_General_CI_AS AS
  char(4)) COLLATE Latin1_General_CI_AS), (CAST(CAST(0x7A007A0020002000 AS nvarchar(4)) COLLATE Latin1_General_CI_AS
  AS char(4)) COLLATE Latin1_General_CI_AS)) AS v (a0)
  WHERE t.[K] = v.a0))
ORDER BY t.Place
-- expect rows: place
--   2
--   3
