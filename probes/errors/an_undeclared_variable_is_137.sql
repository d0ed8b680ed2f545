-- claim: A variable that was not declared is 137
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT @x AS v
-- expect error 137: Must declare the scalar variable "@x".
