-- claim: A database has a moment of creation, and two guids
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-database-recovery-status-transact-sql
-- covers: modes.tracking.read_identity

EXEC [$(database)].sys.sp_executesql N'SELECT CONVERT(varchar(23), d.create_date, 121) AS created,
  (SELECT m.snapshot_isolation_state FROM sys.databases AS m WHERE m.name = N''msdb''
    AND HAS_PERMS_BY_NAME(N''[msdb].[dbo].[restorehistory]'', N''OBJECT'', N''SELECT'') = 1) AS history,
  CONVERT(varchar(36), s.database_guid) AS database_guid, CONVERT(varchar(36), s.recovery_fork_guid) AS
  recovery_fork_guid
FROM (SELECT DB_NAME() AS name) AS here
LEFT JOIN sys.databases AS d ON d.name = here.name
LEFT JOIN sys.database_recovery_status AS s ON s.database_id = d.database_id'
-- expect rows: created, history, database_guid, recovery_fork_guid
--   * | * | * | *
