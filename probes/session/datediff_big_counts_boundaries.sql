-- claim: DATEDIFF_BIG counts the boundaries of the unit between two times, negative where the second is earlier
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/datediff-big-transact-sql
-- covers: modes.source_clock

SELECT DATEDIFF_BIG(second, CAST('2024-01-01T00:00:00.9' AS datetime2(7)), CAST('2024-01-01T00:00:01.1' AS datetime2(7))) AS one,
  DATEDIFF_BIG(day, CAST('2024-01-02' AS date), CAST('2024-01-01' AS date)) AS back
-- expect rows: one, back
--   1 | -1
