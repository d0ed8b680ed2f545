-- claim: A decimal that does not fit into a varchar is an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql

SELECT CAST(CAST(12345.6 AS decimal(9, 1)) AS varchar(3)) AS v
-- expect error 8115: Arithmetic overflow error converting numeric to data type varchar.
