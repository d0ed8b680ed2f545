-- claim: A function that is called by its schema and does not exist is 4121
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
-- covers: sqlserver.messages.statements

SELECT dbo.f(1) AS v
-- expect error 4121: Cannot find either column "dbo" or the user-defined function or aggregate "dbo.f", or the name
--   is ambiguous.
