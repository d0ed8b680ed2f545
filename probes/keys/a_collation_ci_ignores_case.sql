-- claim: Under a CI collation texts that differ by case are equal
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support

SELECT CASE WHEN N'abc' = N'ABC' COLLATE Latin1_General_100_CI_AS THEN 1 ELSE 0 END AS ci,
  CASE WHEN N'abc' = N'ABC' COLLATE Latin1_General_100_CS_AS THEN 1 ELSE 0 END AS cs
-- expect rows: ci, cs
--   1 | 0
