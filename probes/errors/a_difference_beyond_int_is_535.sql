-- claim: DATEDIFF in seconds over thousands of years is 535
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT DATEDIFF(second, CAST('0001-01-01' AS date), CAST('9999-12-31' AS date)) AS v
-- expect error 535: The datediff function resulted in an overflow. The number of dateparts separating two date/time
--   instances is too large. Try to use datediff with a less precise datepart.
