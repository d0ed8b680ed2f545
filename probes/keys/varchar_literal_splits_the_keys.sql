-- claim: A literal of varchar splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K varchar(10) COLLATE Cyrillic_General_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (N'', 1), (N'a', 2), (N'я', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(CAST(0x6100 AS nvarchar(10)) COLLATE Cyrillic_General_CI_AS AS varchar(10)) COLLATE
  Cyrillic_General_CI_AS
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(CAST(0x6100 AS nvarchar(10)) COLLATE Cyrillic_General_CI_AS AS varchar(10)) COLLATE
  Cyrillic_General_CI_AS OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(CAST(0x6100 AS nvarchar(10)) COLLATE Cyrillic_General_CI_AS AS varchar(10)) COLLATE
  Cyrillic_General_CI_AS AND t.[K] < CAST(CAST(0x4F04 AS nvarchar(10)) COLLATE Cyrillic_General_CI_AS AS varchar(10))
  COLLATE Cyrillic_General_CI_AS
ORDER BY t.Place
-- expect rows: place
--   2
