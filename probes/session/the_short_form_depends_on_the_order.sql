-- claim: A datetime with a blank in it is read by DATEFORMAT, so that dmy exchanges month and day
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-dateformat-transact-sql
-- covers: model.literals.tsql_literal

SET DATEFORMAT dmy
GO
SELECT CONVERT(varchar(23), CAST('2024-01-02 03:04:05' AS datetime), 126) AS moment
-- expect rows: moment
--   '2024-02-01T03:04:05'
