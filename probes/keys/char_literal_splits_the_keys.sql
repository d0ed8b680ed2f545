-- claim: A literal of char splits the keys: those at or above it, and the others
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (K char(4) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('a', 1), ('B', 2), ('zz', 3)
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(CAST(0x4200200020002000 AS nvarchar(4)) COLLATE Latin1_General_CI_AS AS char(4)) COLLATE
  Latin1_General_CI_AS
ORDER BY t.Place
-- expect rows: place
--   2
--   3
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE (t.[K] < CAST(CAST(0x4200200020002000 AS nvarchar(4)) COLLATE Latin1_General_CI_AS AS char(4)) COLLATE
  Latin1_General_CI_AS OR t.[K] IS NULL)
ORDER BY t.Place
-- expect rows: place
--   1
GO
SELECT t.Place AS place FROM dbo.T AS t
WHERE t.[K] >= CAST(CAST(0x4200200020002000 AS nvarchar(4)) COLLATE Latin1_General_CI_AS AS char(4)) COLLATE
  Latin1_General_CI_AS AND t.[K] < CAST(CAST(0x7A007A0020002000 AS nvarchar(4)) COLLATE Latin1_General_CI_AS AS
  char(4)) COLLATE Latin1_General_CI_AS
ORDER BY t.Place
-- expect rows: place
--   2
