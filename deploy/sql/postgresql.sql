-- Creates the role that writes the target, with the least privileges. Run as the database's owner or
-- an administrator, in the target database:
--   psql -d warehouse -f deploy/sql/postgresql.sql
-- Then set its password (\password tableferry_writer), or on RDS GRANT rds_iam TO tableferry_writer.
CREATE ROLE tableferry_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
DO $$ BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO tableferry_writer', current_database());
END $$;

-- tableferry's own schema: runs, leases, watermarks, chunks, staging tables. It creates its tables.
CREATE SCHEMA tableferry AUTHORIZATION tableferry_writer;

-- The schema of the target tables. With CREATE, tableferry creates missing tables and owns them,
-- which 'publish': 'swap' and 'drift': 'add_columns' require.
GRANT USAGE, CREATE ON SCHEMA public TO tableferry_writer;

-- Tables of other schemas than dbo go into one of the same name (tableferry init, copy). For each:
--   CREATE SCHEMA sales AUTHORIZATION tableferry_writer;

-- Without CREATE, create the tables yourself and grant on each of them:
--   'publish': 'truncate'  GRANT SELECT, INSERT, TRUNCATE ON mctm_customer TO tableferry_writer;
--   'publish': 'merge'     GRANT SELECT, INSERT, UPDATE, DELETE ON mctm_customer TO tableferry_writer;
-- In an incremental 'mode' changes are merged, so 'merge' and what else 'publish' needs, for example:
--   'publish': 'truncate', 'mode': 'change_tracking'
--                          GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON mctm_customer TO tableferry_writer;
-- SELECT is needed to count the rows that a load would remove ('max_shrink') and to compare.
