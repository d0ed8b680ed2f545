-- claim: A comparison with NULL is not true, so a range has to ask for NULL by itself
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/null-and-unknown-transact-sql
-- covers: model.key_range.KeyRange

SELECT COUNT(CASE WHEN t.[K] < CAST(5 AS int) THEN 1 END) AS below,
  COUNT(CASE WHEN (t.[K] < CAST(5 AS int) OR t.[K] IS NULL) THEN 1 END) AS below_or_null
FROM (VALUES (1), (NULL), (9)) AS t (K)
-- expect rows: below, below_or_null
--   1 | 2
