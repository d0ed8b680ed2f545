-- claim: snapshot_isolation_state is 1 where ALLOW_SNAPSHOT_ISOLATION is ON
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-databases-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- database: READ_COMMITTED_SNAPSHOT OFF
-- covers: sqlserver.catalog.read_isolation

SELECT snapshot_isolation_state AS snapshot_state, is_read_committed_snapshot_on AS row_versions FROM sys.databases
  WHERE name = DB_NAME(DB_ID(N'$(database)'))
-- expect rows: snapshot_state, row_versions
--   1 | 0
