-- claim: The text of a rowversion is 0x and 16 digits, in the order of the values
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- covers: model.literals.exact_text

SELECT CONVERT(varchar(18), CAST(0x0000000000000ABC AS binary(8)), 1) AS text
-- expect rows: text
--   '0x0000000000000ABC'
