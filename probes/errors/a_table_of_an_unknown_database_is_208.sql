-- claim: A table of a database that does not exist is 208
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-208-database-engine-error
-- covers: sqlserver.messages.statements

SELECT 1 AS v FROM tableferry_no_such_database.dbo.T
-- expect error 208: Invalid object name 'tableferry_no_such_database.dbo.T'.
