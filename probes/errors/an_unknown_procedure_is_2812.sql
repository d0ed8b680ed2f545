-- claim: A procedure that does not exist is 2812
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
-- covers: sqlserver.messages.statements

EXEC dbo.Nothing
-- expect error 2812: Could not find stored procedure 'dbo.Nothing'.
