-- claim: A range of a key of two columns has its lower bound in it and its upper bound not
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (A int NOT NULL, B int NOT NULL, PRIMARY KEY (A, B))
INSERT INTO dbo.T VALUES (1, 1), (1, 3), (2, 1), (2, 2)
GO
SELECT t.[A] AS [a],
  t.[B] AS [b]
FROM dbo.T AS t
WHERE (t.[A] >= CAST(1 AS int) AND (t.[A] > CAST(1 AS int) OR (t.[B] >= CAST(3 AS int))) AND t.[A] <= CAST(2 AS int)
  AND (t.[A] < CAST(2 AS int) OR (t.[B] < CAST(2 AS int) OR t.[B] IS NULL)))
ORDER BY t.[A]
-- expect rows: a, b
--   1 | 3
--   2 | 1
