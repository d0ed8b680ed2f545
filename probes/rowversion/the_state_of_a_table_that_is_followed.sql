-- claim: One question has the lowest active rowversion and the state of its database, whatever the table
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
EXEC [$(database)].sys.sp_executesql N'SELECT CONVERT(varchar(18), MIN_ACTIVE_ROWVERSION(), 1) AS lowest_active,
  CONVERT(varchar(30), DATABASEPROPERTYEX(DB_NAME(), ''Updateability'')) AS updateability,
  (SELECT d.is_read_only FROM sys.databases AS d WHERE d.name = DB_NAME()) AS is_read_only,
  (SELECT o.type FROM sys.objects AS o WHERE o.object_id = OBJECT_ID(N''[$(database)].[dbo].[T]'')) AS kind'
-- expect rows: lowest_active, updateability, is_read_only, kind
--   * | 'READ_WRITE' | 0 | 'U '
