-- claim: A text that is no number fails with 245, which quotes it
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS int) AS v FROM (VALUES ('secret')) AS t (V)
-- expect error 245: Conversion failed when converting the varchar value 'secret' to data type int.
