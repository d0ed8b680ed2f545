-- claim: A text that is no float is 8114
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

SELECT CAST(V AS float) AS v FROM (VALUES ('x')) AS t (V)
-- expect error 8114: Error converting data type varchar to float.
