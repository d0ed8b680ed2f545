-- claim: The range of a key of three columns is that of its order
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- covers: model.key_range.KeyRange

CREATE TABLE dbo.T (A int NOT NULL, B int NOT NULL, C int NOT NULL, PRIMARY KEY (A, B, C))
INSERT INTO dbo.T VALUES (1, 1, 1), (1, 2, 2), (1, 2, 3), (1, 3, 0), (2, 0, 0)
GO
SELECT COUNT(*) AS found FROM dbo.T AS t
WHERE t.[A] >= CAST(1 AS int) AND (t.[A] > CAST(1 AS int) OR (t.[B] >= CAST(2 AS int)
  AND (t.[B] > CAST(2 AS int) OR (t.[C] >= CAST(3 AS int)))))
-- expect rows: found
--   3
