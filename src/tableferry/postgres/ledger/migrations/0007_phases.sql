-- Where a table's run spent its time, and what its target cannot hold: for the status page.
ALTER TABLE tableferry.table_runs ADD COLUMN phases jsonb, ADD COLUMN losses jsonb;
COMMENT ON COLUMN tableferry.table_runs.phases IS
  'The phases it was in: [phase, begin, end] in seconds since started_at, in order; NULL: not recorded.';
COMMENT ON COLUMN tableferry.table_runs.losses IS
  'The declared losses of its plan, by source column; NULL: none.';
