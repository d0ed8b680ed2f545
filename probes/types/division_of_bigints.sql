-- claim: bigint divided by bigint is a whole number, truncated
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/divide-transact-sql

SELECT CAST(7 AS bigint) / CAST(2 AS bigint) AS v, CAST(-7 AS bigint) / CAST(2 AS bigint) AS w
-- expect rows: v, w
--   3 | -3
