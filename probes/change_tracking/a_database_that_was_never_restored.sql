-- claim: A database that was never restored has no row in restorehistory
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-tables/restorehistory-transact-sql
-- covers: modes.tracking.read_identity

EXEC [$(database)].sys.sp_executesql N'SELECT CONVERT(varchar(23), MAX(h.restore_date), 121) AS restored
FROM msdb.dbo.restorehistory AS h
WHERE h.destination_database_name = DB_NAME() AND COALESCE(h.restore_type, '''') <> ''V'''
-- expect rows: restored
--   NULL
