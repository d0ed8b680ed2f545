-- claim: Under an AI collation texts that differ by accents are equal, under AS they are not
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support

SELECT CASE WHEN N'e' = N'é' COLLATE Latin1_General_100_CI_AI THEN 1 ELSE 0 END AS ai,
  CASE WHEN N'e' = N'é' COLLATE Latin1_General_100_CI_AS THEN 1 ELSE 0 END AS [as]
-- expect rows: ai, as
--   1 | 0
