-- claim: A conversion that no type has is 529
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT CAST(1 AS date) AS v
-- expect error 529: Explicit conversion from data type int to date is not allowed.
