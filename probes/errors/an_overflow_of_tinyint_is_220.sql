-- claim: A number that overflows tinyint is 220
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS tinyint) AS v FROM (VALUES (300)) AS t (V)
-- expect error 220: Arithmetic overflow error for data type tinyint, value = 300.
