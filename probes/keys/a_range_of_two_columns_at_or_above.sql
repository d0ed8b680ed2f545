-- claim: The range of a key of two columns holds the rows at or above its bound, in the order of both
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (A int NOT NULL, B int NOT NULL, PRIMARY KEY (A, B))
INSERT INTO dbo.T VALUES (1, 1), (1, 2), (1, 3), (2, 1)
GO
SELECT t.A AS a, t.B AS b FROM dbo.T AS t
WHERE t.[A] >= CAST(1 AS int) AND (t.[A] > CAST(1 AS int) OR (t.[B] >= CAST(2 AS int)))
ORDER BY t.A, t.B
-- expect rows: a, b
--   1 | 2
--   1 | 3
--   2 | 1
