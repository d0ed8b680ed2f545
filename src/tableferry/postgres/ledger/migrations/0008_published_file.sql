-- By what a later run can tell, without counting, that a table holds no more rows than were published.
ALTER TABLE tableferry.table_runs ADD COLUMN published_file bigint, ADD COLUMN published_bytes bigint;
COMMENT ON COLUMN tableferry.table_runs.published_file IS
  'The file of the target that holds the rows (pg_relation_filenode); NULL: rows_written are not all that it holds.';
COMMENT ON COLUMN tableferry.table_runs.published_bytes IS
  'The size of that file when the rows were published.';
