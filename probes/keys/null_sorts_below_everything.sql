-- claim: ORDER BY puts NULL below every value
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/select-order-by-clause-transact-sql
-- covers: model.key_range.KeyRange

SELECT v.x AS x FROM (VALUES (2), (NULL), (-1)) AS v (x) ORDER BY v.x
-- expect rows: x
--   NULL
--   -1
--   2
