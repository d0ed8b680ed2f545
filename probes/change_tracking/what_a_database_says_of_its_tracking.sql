-- claim: One question has the version, the user, SNAPSHOT, the retention and what tells a database from another
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-database-recovery-status-transact-sql
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking.read_database

EXEC [$(database)].sys.sp_executesql N'SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, USER_NAME() AS user_name,
  d.snapshot_isolation_state AS snapshot_state,
  CONVERT(varchar(23), d.create_date, 121) AS created,
  r.is_auto_cleanup_on AS cleans_up, r.retention_period AS retention,
  r.retention_period_units AS unit,
  (SELECT m.snapshot_isolation_state FROM sys.databases AS m WHERE m.name = N''msdb''
    AND HAS_PERMS_BY_NAME(N''[msdb].[dbo].[restorehistory]'', N''OBJECT'', N''SELECT'') = 1) AS history,
  CONVERT(varchar(36), s.database_guid) AS database_guid, CONVERT(varchar(36), s.recovery_fork_guid) AS
  recovery_fork_guid
FROM (SELECT DB_NAME() AS name) AS here
LEFT JOIN sys.databases AS d ON d.name = here.name
LEFT JOIN sys.change_tracking_databases AS r ON r.database_id = d.database_id
LEFT JOIN sys.database_recovery_status AS s ON s.database_id = d.database_id'
-- expect rows: version, user_name, snapshot_state, created, cleans_up, retention, unit, history, database_guid, recovery_fork_guid
--   0 | 'dbo' | 1 | * | 1 | 2 | 3 | * | * | *
