-- claim: A retention in minutes has the unit 1
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/change-tracking-catalog-views-sys-change-tracking-databases
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 90 MINUTES, AUTO_CLEANUP = OFF)
-- covers: modes.tracking

SELECT r.is_auto_cleanup_on AS cleans_up, r.retention_period AS retention, r.retention_period_units AS unit FROM
  sys.change_tracking_databases AS r
  WHERE r.database_id = DB_ID()
-- expect rows: cleans_up, retention, unit
--   0 | 90 | 1
