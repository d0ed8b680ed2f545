-- claim: Updateability of a database is READ_WRITE, and is_read_only 0
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/databasepropertyex-transact-sql
-- covers: inspect.doctor.source

EXEC [$(database)].sys.sp_executesql N'SELECT CONVERT(varchar(30), DATABASEPROPERTYEX(DB_NAME(), ''Updateability'')) AS updateability,
  (SELECT d.is_read_only FROM sys.databases AS d WHERE d.name = DB_NAME()) AS is_read_only'
-- expect rows: updateability, is_read_only
--   'READ_WRITE' | 0
