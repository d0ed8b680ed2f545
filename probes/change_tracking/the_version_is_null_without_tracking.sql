-- claim: CHANGE_TRACKING_CURRENT_VERSION() is NULL where the database does not track changes
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/change-tracking-current-version-transact-sql
-- database: own
-- covers: modes.tracking

SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version
-- expect rows: version
--   NULL
