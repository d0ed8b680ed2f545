-- claim: An error in a later row ends the result after the rows before it, and is an error of the batch
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/try-catch-transact-sql
-- covers: sqlserver.reader

SELECT 1 / V AS v FROM (VALUES (1), (0)) AS t (V)
-- expect error 8134: Divide by zero error encountered.
