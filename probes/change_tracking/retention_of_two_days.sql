-- claim: The retention is listed as a number with its unit: 3 is days
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/change-tracking-catalog-views-sys-change-tracking-databases
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

SELECT r.is_auto_cleanup_on AS cleans_up, r.retention_period AS retention, r.retention_period_units AS unit,
  r.retention_period_units_desc AS name FROM sys.change_tracking_databases AS r
  WHERE r.database_id = DB_ID()
-- expect rows: cleans_up, retention, unit, name
--   1 | 2 | 3 | 'DAYS'
