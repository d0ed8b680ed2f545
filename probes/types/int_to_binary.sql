-- claim: An int converted to binary(4) has its most significant byte first
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql

SELECT CAST(258 AS binary(4)) AS v, CAST(258 AS binary(1)) AS w
-- expect rows: v, w
--   0x00000102 | 0x02
