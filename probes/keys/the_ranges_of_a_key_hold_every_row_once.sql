-- claim: Ranges between ascending bounds hold every row exactly once
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- covers: model.key_range.ranges_between

CREATE TABLE dbo.T (A int NULL, B nvarchar(4) COLLATE Latin1_General_100_CI_AS NULL)
INSERT INTO dbo.T VALUES (1, N'a'), (1, N'B'), (1, N'c'), (2, N'a'), (NULL, N'b'), (1, NULL), (3, N'z')
GO
SELECT
  (SELECT COUNT(*) FROM dbo.T AS t WHERE (t.[A] <= CAST(1 AS int) AND (t.[A] < CAST(1 AS int)
    OR (t.[B] < CAST(0x4200 AS nvarchar(4)) COLLATE Latin1_General_100_CI_AS OR t.[B] IS NULL)) OR t.[A] IS NULL)) AS first,
  (SELECT COUNT(*) FROM dbo.T AS t WHERE t.[A] >= CAST(1 AS int) AND (t.[A] > CAST(1 AS int)
    OR (t.[B] >= CAST(0x4200 AS nvarchar(4)) COLLATE Latin1_General_100_CI_AS))) AS last
-- expect rows: first, last
--   3 | 4
