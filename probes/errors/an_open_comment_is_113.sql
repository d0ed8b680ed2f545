-- claim: A comment that is not closed is 113
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT 1 AS v /* x
-- expect error 113: Missing end comment mark '*/'.
