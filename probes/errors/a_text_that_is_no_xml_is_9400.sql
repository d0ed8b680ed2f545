-- claim: A text that is no xml is 9400
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-9000-to-9999
-- covers: sqlserver.messages.values

SELECT CAST(V AS xml) AS v FROM (VALUES ('<a')) AS t (V)
-- expect error 9400: XML parsing: line 1, character 2, unexpected end of input
