-- claim: A number below another is calculated as decimal(38,0) and cast back without an overflow
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/precision-scale-and-length-transact-sql
-- covers: modes.watermark_types

SELECT CONVERT(varchar(20), CAST(CASE WHEN CAST(CAST(-2147483640 AS int) AS decimal(38,0))
  < CAST('-2147483648' AS decimal(38,0)) + 100 THEN CAST('-2147483648' AS decimal(38,0))
  ELSE CAST(CAST(-2147483640 AS int) AS decimal(38,0)) - 100 END AS int)) AS low
-- expect rows: low
--   '-2147483648'
