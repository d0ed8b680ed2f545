-- claim: Style 2 writes 16 digits, which do not tell any two floats apart
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CASE WHEN CONVERT(varchar(30), CAST(0.1 AS float) * 3, 2) = CONVERT(varchar(30), CAST(0.3 AS float), 2) THEN 1
  ELSE 0 END AS v
-- expect rows: v
--   1
