-- claim: The universal time of the server is asked as a text
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysutcdatetime-transact-sql
-- covers: inspect.doctor.source

SELECT CONVERT(varchar(27), SYSUTCDATETIME(), 126) AS utc
-- expect rows: utc
--   *
