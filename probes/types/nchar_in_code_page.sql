-- claim: A character that the code page lacks becomes a question mark
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support

SELECT CAST(N'Ж' COLLATE Latin1_General_CI_AS AS varchar(5)) AS v
-- expect rows: v
--   '?'
