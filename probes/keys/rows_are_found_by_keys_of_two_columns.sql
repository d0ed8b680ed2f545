-- claim: A row constructor of several columns finds the rows with exactly these keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/table-value-constructor-transact-sql
-- covers: sqlserver.key_lookup.select_keys

CREATE TABLE dbo.T (A int NOT NULL, B nvarchar(4) COLLATE Latin1_General_100_CI_AS NOT NULL, PRIMARY KEY (A, B))
INSERT INTO dbo.T VALUES (1, N'a'), (1, N'b'), (2, N'a')
GO
SELECT t.A AS a, t.B AS b FROM dbo.T AS t
WHERE (EXISTS (SELECT 1 FROM (VALUES (CAST(1 AS int), CAST(0x6200 AS nvarchar(4)) COLLATE Latin1_General_100_CI_AS),
  (CAST(2 AS int), CAST(0x6100 AS nvarchar(4)) COLLATE Latin1_General_100_CI_AS)) AS v (a0, a1)
  WHERE t.[A] = v.a0 AND t.[B] = v.a1))
ORDER BY t.A
-- expect rows: a, b
--   1 | 'b'
--   2 | 'a'
