-- claim: A wrong number of arguments is 174
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT LEN('a', 'b') AS v
-- expect error 174: The len function requires 1 argument(s).
