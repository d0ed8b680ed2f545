-- claim: DATEADD moves a time by whole units, backwards with a negative number
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/dateadd-transact-sql
-- covers: modes.watermark_types

SELECT CONVERT(varchar(27), CASE WHEN DATEDIFF_BIG(second, CAST('0001-01-01T00:00:00' AS datetime2(7)),
  CAST('2024-01-01T00:00:00.0000001' AS datetime2(7))) <= 600 THEN CAST('0001-01-01T00:00:00' AS datetime2(7))
  ELSE DATEADD(second, -600, CAST('2024-01-01T00:00:00.0000001' AS datetime2(7))) END, 126) AS low
-- expect rows: low
--   '2023-12-31T23:50:00.0000001'
