-- claim: A whole number beyond int is a numeric literal, without fraction
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/constants-transact-sql
-- observed: The page lists integer and decimal constants; the type of large ones is in "int, bigint, smallint, and
--   tinyint".

SELECT CAST(SQL_VARIANT_PROPERTY(2147483648, 'BaseType') AS nvarchar(128)) AS v
-- expect rows: v
--   'numeric'
