-- claim: A text that is no date is 241
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS date) AS v FROM (VALUES ('x')) AS t (V)
-- expect error 241: Conversion failed when converting date and/or time from character string.
