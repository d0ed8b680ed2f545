-- claim: SYSDATETIME() and SYSUTCDATETIME() differ by an offset of at most 14 hours
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysutcdatetime-transact-sql
-- covers: modes.source_clock

SELECT CASE WHEN ABS(DATEDIFF_BIG(second, SYSUTCDATETIME(), SYSDATETIME())) <= 50400 THEN 1 ELSE 0 END AS near
-- expect rows: near
--   1
