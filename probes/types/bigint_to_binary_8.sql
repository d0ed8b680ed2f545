-- claim: A bigint and binary(8) convert into each other without a loss
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql

SELECT CAST(CAST(72623859790382856 AS bigint) AS binary(8)) AS v, CONVERT(bigint, CAST(0x0102030405060708 AS
  binary(8))) AS w
-- expect rows: v, w
--   0x0102030405060708 | 72623859790382856
