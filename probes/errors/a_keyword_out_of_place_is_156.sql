-- claim: A keyword where none may be is 156
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT FROM dbo.T
-- expect error 156: Incorrect syntax near the keyword 'FROM'.
