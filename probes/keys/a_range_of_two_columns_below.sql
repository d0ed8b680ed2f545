-- claim: The range below a bound of two columns holds the other rows, those with NULL included
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (A int NULL, B int NULL)
INSERT INTO dbo.T VALUES (1, 1), (1, 2), (2, 1), (NULL, 1), (1, NULL)
GO
SELECT t.A AS a, t.B AS b FROM dbo.T AS t
WHERE (t.[A] <= CAST(1 AS int) AND (t.[A] < CAST(1 AS int) OR (t.[B] < CAST(2 AS int) OR t.[B] IS NULL)) OR t.[A] IS NULL)
ORDER BY t.A, t.B
-- expect rows: a, b
--   NULL | 1
--   1 | NULL
--   1 | 1
