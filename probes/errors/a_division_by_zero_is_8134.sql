-- claim: A division by zero is 8134 while ANSI_WARNINGS and ARITHABORT are ON
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

SELECT 1 / V AS v FROM (VALUES (0)) AS t (V)
-- expect error 8134: Divide by zero error encountered.
