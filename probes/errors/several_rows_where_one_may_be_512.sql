-- claim: A subquery that returns two rows where one may be is 512
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT (SELECT x FROM (VALUES (1), (2)) AS v (x)) AS v
-- expect error 512: Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <=
--   , >, >= or when the subquery is used as an expression.
