-- claim: DATEADD beyond the range of datetime is 517
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT DATEADD(year, 9000, CAST('2024-01-01' AS datetime)) AS v
-- expect error 517: Adding a value to a 'datetime' column caused an overflow.
