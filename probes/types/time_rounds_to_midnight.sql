-- claim: A time converted to fewer digits is rounded, at the end of the day to midnight
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- observed: The page says that it is rounded; midnight follows from the range of the type.

SELECT CONVERT(varchar(16), CAST(CAST('23:59:59.9999999' AS time(7)) AS time(3)), 121) AS v
-- expect rows: v
--   '00:00:00.000'
