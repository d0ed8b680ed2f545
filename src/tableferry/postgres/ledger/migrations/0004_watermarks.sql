-- Incremental runs: when a watermark may be used, and from where an interrupted load is caught up.
ALTER TABLE tableferry.watermarks
  ADD COLUMN contents text,
  ADD COLUMN settings text,
  ADD COLUMN target_form text,
  ADD COLUMN reconciled_at timestamptz;
COMMENT ON COLUMN tableferry.watermarks.contents IS
  'Hash of what the rows hold: source, columns, conversions, conditions. Another one: a complete load.';
COMMENT ON COLUMN tableferry.watermarks.settings IS
  'Hash of the table''s entry; while it stays, a table without changes need not be planned.';
COMMENT ON COLUMN tableferry.watermarks.target_form IS
  'The target table''s oid and a hash of its columns. Another one: a complete load.';
COMMENT ON COLUMN tableferry.watermarks.reconciled_at IS
  'When the keys of both sides were last compared; NULL: never.';
ALTER TABLE tableferry.table_runs ADD COLUMN watermark text, ADD COLUMN amended bigint;
COMMENT ON COLUMN tableferry.table_runs.amended IS
  'How many rows more the staging table has than its chunks, since changes were applied to it; NULL: none were.';
COMMENT ON COLUMN tableferry.table_runs.watermark IS
  'The source''s watermark before the first chunk was read; NULL: the mode keeps none.';
