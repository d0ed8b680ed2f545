-- claim: Style 1 reads 0x and hexadecimal digits
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CONVERT(varbinary(8), '0x00ab', 1) AS v
-- expect rows: v
--   0x00AB
