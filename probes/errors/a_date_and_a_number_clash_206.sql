-- claim: A date compared with a number is 206
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT CASE WHEN CAST('2024-01-01' AS date) = 1 THEN 1 END AS v
-- expect error 206: Operand type clash: % is incompatible with %
