-- claim: The version of a database that has just begun to track changes is 0
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/change-tracking-current-version-transact-sql
-- observed: The page does not name the first version; a new database was seen to begin at 0.
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version
-- expect rows: version
--   0
