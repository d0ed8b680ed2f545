-- claim: The text of style 3 becomes the same float again
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- since: 2016

SELECT CASE WHEN CAST(CONVERT(varchar(30), CAST(1 AS float) / 3, 3) AS float) = CAST(1 AS float) / 3 THEN 1
  ELSE 0 END AS v
-- expect rows: v
--   1
