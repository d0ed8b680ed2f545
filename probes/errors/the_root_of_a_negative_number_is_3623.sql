-- claim: SQRT of a negative number is 3623
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
-- covers: sqlserver.messages.values

SELECT SQRT(V) AS v FROM (VALUES (-1)) AS t (V)
-- expect error 3623: An invalid floating point operation occurred.
