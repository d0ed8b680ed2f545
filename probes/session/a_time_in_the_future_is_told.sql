-- claim: A time that is later than both clocks is told, and the clock's time, a minute earlier, takes its place
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysdatetime-transact-sql
-- covers: modes.watermark_types

SELECT CASE WHEN CAST(CAST('9000-01-01T00:00:00' AS datetime2(7)) AS datetime2(7)) > DATEADD(minute, 1,
  CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) THEN 1 ELSE 0 END AS in_future,
  CASE WHEN CAST('2000-01-01T00:00:00' AS datetime2(7)) > DATEADD(minute, 1,
  CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) THEN 1 ELSE 0 END AS past
-- expect rows: in_future, past
--   1 | 0
