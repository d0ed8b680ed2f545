-- How old the rows are that readers see: a load may continue with chunks that an earlier run read.
ALTER TABLE tableferry.chunks ADD COLUMN read_at timestamptz;
COMMENT ON COLUMN tableferry.chunks.read_at IS
  'When the source was asked for its rows; NULL: not done, or done by a version before this column.';
ALTER TABLE tableferry.table_runs ADD COLUMN rows_as_of timestamptz;
COMMENT ON COLUMN tableferry.table_runs.rows_as_of IS
  'When the source was asked for the oldest row that was published; NULL: nothing was published.';
