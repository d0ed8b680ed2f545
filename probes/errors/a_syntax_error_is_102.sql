-- claim: A statement that ends too early is a syntax error, 102
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT 1 +
-- expect error 102: Incorrect syntax near '%'.
