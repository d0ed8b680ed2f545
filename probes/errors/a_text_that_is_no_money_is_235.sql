-- claim: A text that is no money is 235
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS money) AS v FROM (VALUES ('x')) AS t (V)
-- expect error 235: Cannot convert a char value to money. The char value has incorrect syntax.
