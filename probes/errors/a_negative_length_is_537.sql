-- claim: LEFT with a negative length is 537
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT LEFT('abc', V) AS v FROM (VALUES (-1)) AS t (V)
-- expect error 537: Invalid length parameter passed to the LEFT or SUBSTRING function.
