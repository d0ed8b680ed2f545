-- claim: A rowversion becomes a bigint and back without a loss, and lower numbers can be calculated
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- covers: modes.watermark_types

SELECT CONVERT(varchar(18), CAST(CASE WHEN CONVERT(bigint, CAST(0x0000000000000010 AS binary(8))) <= CAST(3 AS bigint)
  THEN CAST(0x0000000000000000 AS binary(8))
  ELSE CAST(CONVERT(bigint, CAST(0x0000000000000010 AS binary(8))) - CAST(3 AS bigint) AS binary(8)) END AS binary(8)), 1) AS low
-- expect rows: low
--   '0x000000000000000D'
