-- claim: The text of a clock in style 126 has 27 characters
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysdatetime-transact-sql
-- covers: modes.source_clock

SELECT LEN(CONVERT(varchar(27), SYSDATETIME(), 126)) AS clock, LEN(CONVERT(varchar(27), SYSUTCDATETIME(), 126)) AS utc
-- expect rows: clock, utc
--   27 | 27
