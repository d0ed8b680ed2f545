-- claim: Style 2 writes the digits alone
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CONVERT(varchar(max), 0x00AB, 2) AS v
-- expect rows: v
--   '00AB'
