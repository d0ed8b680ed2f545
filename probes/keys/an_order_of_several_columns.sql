-- claim: ORDER BY of several columns sorts by each in turn, DESC only the one before it
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/select-order-by-clause-transact-sql
-- covers: planning.plan

SELECT v.a AS a, v.b AS b FROM (VALUES (1, 1), (2, 1), (1, 2)) AS v (a, b) ORDER BY v.a DESC, v.b
-- expect rows: a, b
--   2 | 1
--   1 | 1
--   1 | 2
