-- claim: DATEADD of hours to a date is 9810
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/dateadd-transact-sql
-- covers: sqlserver.messages.statements

SELECT DATEADD(hour, 1, CAST('2024-01-01' AS date)) AS v
-- expect error 9810: The datepart hour is not supported by date function dateadd for data type date.
