-- claim: Two expressions with explicit collations that differ cannot be compared (468)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/collation-precedence-transact-sql
-- covers: sqlserver.messages.statements

SELECT 1 AS x WHERE N'a' COLLATE Latin1_General_100_CI_AS = N'a' COLLATE Latin1_General_100_CS_AS
-- expect error 468: Cannot resolve the collation conflict between "Latin1_General_100_C%" and "Latin1_General_100_C%" in
--   the equal to operation.
