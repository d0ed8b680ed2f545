-- claim: A text that is no smalldatetime is 295
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS smalldatetime) AS v FROM (VALUES ('x')) AS t (V)
-- expect error 295: Conversion failed when converting character string to smalldatetime data type.
