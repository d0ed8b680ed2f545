-- claim: A date of a thirteenth month is out of range for datetime, 242
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.values

SELECT CAST(V AS datetime) AS v FROM (VALUES ('2024-13-01')) AS t (V)
-- expect error 242: The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.
