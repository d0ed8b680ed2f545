-- claim: A text that is no JSON is 13609
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-13000-to-13999
-- covers: sqlserver.messages.values

SELECT JSON_VALUE(V, '$.a') AS v FROM (VALUES ('x')) AS t (V)
-- expect error 13609: JSON text is not properly formatted. Unexpected character 'x' is found at position 0.
