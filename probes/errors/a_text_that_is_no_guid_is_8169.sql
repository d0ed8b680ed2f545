-- claim: A text that is no uniqueidentifier is 8169
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

SELECT CAST(V AS uniqueidentifier) AS v FROM (VALUES ('x')) AS t (V)
-- expect error 8169: Conversion failed when converting from a character string to uniqueidentifier.
