-- claim: A datetime with a T in it is read as year, month, day whatever DATEFORMAT is
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-dateformat-transact-sql
-- covers: model.literals.tsql_literal

SET DATEFORMAT dmy
GO
SELECT CONVERT(varchar(23), CAST('2024-01-02T03:04:05.006' AS datetime), 126) AS moment
-- expect rows: moment
--   '2024-01-02T03:04:05.007'
