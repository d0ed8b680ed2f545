-- claim: Since SQL Server 2016 a datetime converted to datetime2(7) shows its 300ths of a second
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql
-- since: 2016

SELECT CONVERT(varchar(27), CAST(CAST('2016-10-23T12:45:37.333' AS datetime) AS datetime2(7)), 121) AS v
-- expect rows: v
--   '2016-10-23 12:45:37.3333333'
