-- claim: DATEFROMPARTS of a thirteenth month is 289
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT DATEFROMPARTS(2024, V, 1) AS v FROM (VALUES (13)) AS t (V)
-- expect error 289: Cannot construct data type date, some of the arguments have values which are not valid.
