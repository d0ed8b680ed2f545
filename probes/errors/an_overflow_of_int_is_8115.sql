-- claim: An expression that overflows int is 8115
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

SELECT 2147483647 + V AS v FROM (VALUES (1)) AS t (V)
-- expect error 8115: Arithmetic overflow error converting expression to data type int.
