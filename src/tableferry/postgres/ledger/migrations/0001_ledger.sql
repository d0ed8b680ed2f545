-- The ledger: the history of runs, the runs in progress, and the leases on tables.
-- All times are the database's own and never compared with another clock.

CREATE TABLE tableferry.runs (
  run_id uuid PRIMARY KEY,
  status text NOT NULL DEFAULT 'running' CONSTRAINT known_outcome CHECK (status IN (
    'running', 'ok', 'partial', 'failed', 'skipped', 'held', 'cancelled', 'deadline', 'abandoned')),
  process text NOT NULL,
  version text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  CONSTRAINT ended_with_an_outcome CHECK ((status = 'running') = (ended_at IS NULL))
);
CREATE INDEX runs_by_start ON tableferry.runs (started_at);

COMMENT ON TABLE tableferry.runs IS 'One row for each call of sync; the oldest are pruned.';
COMMENT ON COLUMN tableferry.runs.status IS
  'running, then one final outcome: ok (every table), partial (some), failed, skipped, held, cancelled, deadline, abandoned.';
COMMENT ON COLUMN tableferry.runs.process IS 'The process that runs it: host and process id.';
COMMENT ON COLUMN tableferry.runs.version IS 'The version of tableferry.';
COMMENT ON COLUMN tableferry.runs.updated_at IS 'The last heartbeat: every 2 seconds while it runs.';

CREATE TABLE tableferry.table_runs (
  run_id uuid NOT NULL REFERENCES tableferry.runs ON DELETE CASCADE,
  table_key text NOT NULL,
  source text NOT NULL,
  target text NOT NULL,
  generation bigint,
  publish text NOT NULL DEFAULT '',
  consistency text NOT NULL DEFAULT '',
  read_at_one_moment boolean,
  status text NOT NULL DEFAULT 'running' CONSTRAINT known_outcome CHECK (status IN (
    'running', 'ok', 'failed', 'skipped', 'held', 'cancelled', 'deadline', 'abandoned')),
  phase text NOT NULL DEFAULT '',
  attempt integer NOT NULL DEFAULT 1,
  rows_read bigint NOT NULL DEFAULT 0,
  rows_written bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  staging text,
  fingerprint text,
  error_kind text,
  error_code text,
  error_message text,
  error_hint text,
  warnings jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (run_id, table_key),
  CONSTRAINT ended_with_an_outcome CHECK ((status = 'running') = (ended_at IS NULL))
);
CREATE INDEX table_runs_by_target ON tableferry.table_runs (target, started_at);

COMMENT ON TABLE tableferry.table_runs IS 'One row for each table of a run.';
COMMENT ON COLUMN tableferry.table_runs.table_key IS 'The entry of TABLE_CONFIGS.';
COMMENT ON COLUMN tableferry.table_runs.target IS 'schema.table in the target; the key of leases.';
COMMENT ON COLUMN tableferry.table_runs.generation IS
  'Generation of the lease it ran under; NULL: it never had the lease.';
COMMENT ON COLUMN tableferry.table_runs.publish IS 'swap, merge or truncate; create: the load created the table.';
COMMENT ON COLUMN tableferry.table_runs.consistency IS 'snapshot, read_committed or nolock.';
COMMENT ON COLUMN tableferry.table_runs.read_at_one_moment IS
  'Whether every row was read at one moment of the source; NULL: not read.';
COMMENT ON COLUMN tableferry.table_runs.status IS
  'running, then one final outcome. ok is written in the transaction that publishes the rows.';
COMMENT ON COLUMN tableferry.table_runs.phase IS 'What it was doing at the last heartbeat.';
COMMENT ON COLUMN tableferry.table_runs.staging IS
  'The staging table in this schema that the load fills or filled.';
COMMENT ON COLUMN tableferry.table_runs.fingerprint IS
  'Hash of the plan: an interrupted load is resumed only by a run of the same plan.';
COMMENT ON COLUMN tableferry.table_runs.error_code IS
  'SQL Server''s error number or PostgreSQL''s SQLSTATE.';

CREATE FUNCTION tableferry.refuse_a_second_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the outcome % is recorded already and final', OLD.status
    USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
COMMENT ON FUNCTION tableferry.refuse_a_second_outcome() IS
  'Every run ends with exactly one recorded outcome.';

CREATE TRIGGER one_outcome BEFORE UPDATE ON tableferry.runs FOR EACH ROW
  WHEN (OLD.status <> 'running' AND NEW.status <> OLD.status)
  EXECUTE FUNCTION tableferry.refuse_a_second_outcome();
CREATE TRIGGER one_outcome BEFORE UPDATE ON tableferry.table_runs FOR EACH ROW
  WHEN (OLD.status <> 'running' AND NEW.status <> OLD.status)
  EXECUTE FUNCTION tableferry.refuse_a_second_outcome();

CREATE TABLE tableferry.chunks (
  run_id uuid NOT NULL,
  table_key text NOT NULL,
  number integer NOT NULL,
  key_range text NOT NULL,
  rows bigint,
  touched jsonb,
  done_at timestamptz,
  PRIMARY KEY (run_id, table_key, number),
  FOREIGN KEY (run_id, table_key) REFERENCES tableferry.table_runs ON DELETE CASCADE,
  CONSTRAINT counted_when_done CHECK ((rows IS NULL) = (done_at IS NULL))
);

COMMENT ON TABLE tableferry.chunks IS
  'The key ranges of a load. A chunk is marked done in the transaction that stores its rows.';
COMMENT ON COLUMN tableferry.chunks.number IS 'Its place in the order of the keys, from 0.';
COMMENT ON COLUMN tableferry.chunks.key_range IS
  'The range in JSON; its bounds are keys of the source.';
COMMENT ON COLUMN tableferry.chunks.rows IS 'Rows in the staging table; NULL: not done.';
COMMENT ON COLUMN tableferry.chunks.touched IS
  'How many values were altered, as the entry allows, by source column and reason.';

CREATE TABLE tableferry.watermarks (
  target text PRIMARY KEY,
  kind text NOT NULL,
  value text NOT NULL,
  run_id uuid NOT NULL,
  advanced_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE tableferry.watermarks IS
  'Progress of each table in the source''s terms; written in the transaction that publishes the rows.';
COMMENT ON COLUMN tableferry.watermarks.value IS 'Exact, as text.';
COMMENT ON COLUMN tableferry.watermarks.run_id IS
  'The run that wrote it; its history may have been pruned since.';

CREATE TABLE tableferry.leases (
  target text PRIMARY KEY,
  generation bigint NOT NULL,
  run_id uuid REFERENCES tableferry.runs ON DELETE SET NULL,
  table_key text,
  process text NOT NULL,
  acquired_at timestamptz NOT NULL,
  renewed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

COMMENT ON TABLE tableferry.leases IS
  'The right to load one table. Publishing locks the row and checks its generation.';
COMMENT ON COLUMN tableferry.leases.generation IS 'Increases by one with each holder.';
COMMENT ON COLUMN tableferry.leases.run_id IS 'The holder; NULL: the lease is free.';
COMMENT ON COLUMN tableferry.leases.process IS 'The holder, or the last one: as in runs.';
COMMENT ON COLUMN tableferry.leases.expires_at IS
  'From then on another run may take it; extended every 2 seconds while the holder is alive.';

CREATE TABLE tableferry.quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES tableferry.runs ON DELETE CASCADE,
  target text NOT NULL,
  row_key jsonb NOT NULL,
  column_name text,
  reason text NOT NULL,
  sqlstate text,
  value_hex text,
  quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX quarantine_by_run ON tableferry.quarantine (run_id, target);

COMMENT ON TABLE tableferry.quarantine IS
  'Refused rows that were left out of a load, as the table''s entry allows.';
COMMENT ON COLUMN tableferry.quarantine.row_key IS 'The row''s key in the source, by column.';
COMMENT ON COLUMN tableferry.quarantine.sqlstate IS
  'The SQLSTATE, if PostgreSQL refused the row.';
COMMENT ON COLUMN tableferry.quarantine.value_hex IS 'The bytes of the refused value.';
