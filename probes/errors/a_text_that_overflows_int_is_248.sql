-- claim: A text of a number that overflows int is 248
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS int) AS v FROM (VALUES ('99999999999')) AS t (V)
-- expect error 248: The conversion of the varchar value '99999999999' overflowed an int column.
