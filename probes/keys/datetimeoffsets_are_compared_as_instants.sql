-- claim: Two datetimeoffsets of one instant are equal, whatever their offsets
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetimeoffset-transact-sql

SELECT CASE WHEN CAST('2024-01-01 00:00:00 +00:00' AS datetimeoffset(7))
  = CAST('2024-01-01 14:00:00 +14:00' AS datetimeoffset(7)) THEN 1 ELSE 0 END AS equal
-- expect rows: equal
--   1
