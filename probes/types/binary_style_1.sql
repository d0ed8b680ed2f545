-- claim: Style 1 writes bytes as 0x and hexadecimal digits in upper case
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CONVERT(varchar(max), CAST(0x00ab AS varbinary(8)), 1) AS v, CONVERT(varchar(max), CAST(0x AS varbinary(8)), 1)
  AS w
-- expect rows: v, w
--   '0x00AB' | '0x'
