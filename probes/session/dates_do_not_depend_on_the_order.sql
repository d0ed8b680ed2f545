-- claim: A date or datetime2 of the form yyyy-mm-dd is read as such whatever DATEFORMAT is
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/date-transact-sql
-- covers: model.literals.tsql_literal

SET DATEFORMAT dmy
GO
SELECT CONVERT(char(10), CAST('2024-01-02' AS date), 23) AS day,
  CONVERT(varchar(27), CAST('2024-01-02T03:04:05' AS datetime2(0)), 126) AS moment
-- expect rows: day, moment
--   '2024-01-02' | '2024-01-02T03:04:05'
