-- claim: A text of a number that overflows smallint is 244
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS smallint) AS v FROM (VALUES ('99999')) AS t (V)
-- expect error 244: The conversion of the varchar value '99999' overflowed an INT2 column. Use a larger integer
--   column.
