-- claim: A decimal that overflows its precision is 8115
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

SELECT CAST(V AS decimal(3, 1)) AS v FROM (VALUES (1234.5)) AS t (V)
-- expect error 8115: Arithmetic overflow error converting numeric to data type numeric.
