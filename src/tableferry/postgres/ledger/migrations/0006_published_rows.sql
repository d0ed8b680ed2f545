-- What a run has read of a table, so that a later verification can tell which rows no run since has
-- read, and so none can have stored.
ALTER TABLE tableferry.table_runs ADD COLUMN every_row boolean, ADD COLUMN read_to text;
COMMENT ON COLUMN tableferry.table_runs.every_row IS
  'Whether every row of the source was read, and not only what had changed; NULL: nothing was published, or by a version before this column.';
COMMENT ON COLUMN tableferry.table_runs.read_to IS
  'The source''s watermark that was written with the rows; NULL: none was.';
COMMENT ON COLUMN tableferry.table_runs.publish IS
  'swap, merge or truncate; create: the load created the table; repair: single rows were made equal.';
