-- The role that writes the target, with no right but what its tables need. For the database's owner
-- or an administrator, in the target database:
--   psql -d warehouse -f deploy/sql/postgresql.sql
-- Then set its password (\password tableferry_writer), or on RDS: GRANT rds_iam TO tableferry_writer.
CREATE ROLE tableferry_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
DO $$ BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO tableferry_writer', current_database());
END $$;

-- Runs, leases, watermarks, chunks, staging tables: a schema of its own, which it fills by itself.
CREATE SCHEMA tableferry AUTHORIZATION tableferry_writer;

-- Where the target tables are. CREATE is for tables that are missing: tableferry then creates and
-- owns them, which 'publish': 'swap' and 'drift': 'add_columns' need too.
GRANT USAGE, CREATE ON SCHEMA public TO tableferry_writer;

-- Without CREATE the tables are made by somebody else, and the writer gets of each:
--   'publish': 'truncate'  GRANT SELECT, INSERT, TRUNCATE ON mctm_customer TO tableferry_writer;
--   'publish': 'merge'     GRANT SELECT, INSERT, UPDATE, DELETE ON mctm_customer TO tableferry_writer;
-- SELECT is for counting what a load would take away ('max_shrink') and for comparing.
