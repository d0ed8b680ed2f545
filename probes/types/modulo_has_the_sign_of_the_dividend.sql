-- claim: The remainder has the sign of the dividend
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/modulo-transact-sql
-- observed: The page shows positive operands only.

SELECT -7 % 3 AS v
-- expect rows: v
--   -1
