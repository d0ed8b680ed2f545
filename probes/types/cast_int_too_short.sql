-- claim: An int that does not fit into a varchar becomes an asterisk, without an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CAST(12345 AS varchar(3)) AS v
-- expect rows: v
--   *
