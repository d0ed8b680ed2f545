-- What the verifications of each table have found: how many rows, no keys and no values.
CREATE TABLE tableferry.verifications (
  id uuid PRIMARY KEY,
  run_id uuid NOT NULL,
  table_key text NOT NULL,
  target text NOT NULL,
  verified_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  depth text NOT NULL CONSTRAINT known_depth CHECK (depth IN ('count', 'sample', 'rows')),
  verdict text NOT NULL CONSTRAINT known_verdict CHECK (verdict IN (
    'equal', 'differs', 'partly compared', 'not verified')),
  source_rows bigint NOT NULL,
  target_rows bigint NOT NULL,
  missing bigint NOT NULL,
  extra bigint NOT NULL,
  different bigint NOT NULL,
  explained bigint NOT NULL,
  quarantined bigint NOT NULL,
  kept bigint NOT NULL,
  repaired bigint NOT NULL,
  not_compared jsonb NOT NULL,
  watermark text,
  as_of text NOT NULL,
  seconds double precision NOT NULL,
  reason text NOT NULL
);
CREATE INDEX verifications_by_target ON tableferry.verifications (target, verified_at);

COMMENT ON TABLE tableferry.verifications IS
  'One row for each verification of a table: what was compared, and what was found. The oldest are pruned.';
COMMENT ON COLUMN tableferry.verifications.run_id IS
  'The run that published the rows and verified them; for tableferry verify an id of its own.';
COMMENT ON COLUMN tableferry.verifications.table_key IS 'The entry of TABLE_CONFIGS.';
COMMENT ON COLUMN tableferry.verifications.target IS 'schema.table in the target.';
COMMENT ON COLUMN tableferry.verifications.verified_at IS 'When it ended.';
COMMENT ON COLUMN tableferry.verifications.depth IS
  'count: the numbers of rows; sample: every value of some key ranges; rows: every value of every row.';
COMMENT ON COLUMN tableferry.verifications.verdict IS
  'equal, differs, partly compared (some columns were not), not verified (see reason).';
COMMENT ON COLUMN tableferry.verifications.source_rows IS 'Rows of the source that were compared.';
COMMENT ON COLUMN tableferry.verifications.target_rows IS 'Rows of the target that were compared.';
COMMENT ON COLUMN tableferry.verifications.missing IS 'Rows that the target lacks.';
COMMENT ON COLUMN tableferry.verifications.extra IS 'Rows that only the target has.';
COMMENT ON COLUMN tableferry.verifications.different IS 'Rows with another value in some column.';
COMMENT ON COLUMN tableferry.verifications.explained IS
  'Rows that were changed at the source after the target''s were read: no differences.';
COMMENT ON COLUMN tableferry.verifications.quarantined IS
  'Rows that are in quarantine, and not missing.';
COMMENT ON COLUMN tableferry.verifications.kept IS
  'Rows that the entry keeps though the source no longer has them.';
COMMENT ON COLUMN tableferry.verifications.repaired IS 'Rows that were made equal afterwards.';
COMMENT ON COLUMN tableferry.verifications.not_compared IS
  'Source columns that were not compared, and why.';
COMMENT ON COLUMN tableferry.verifications.watermark IS
  'How far the target''s rows had been read; NULL: the mode keeps no watermark.';
COMMENT ON COLUMN tableferry.verifications.as_of IS 'Of which moment the verdict is true, in words.';
COMMENT ON COLUMN tableferry.verifications.reason IS 'Why the table is not verified; empty otherwise.';

-- Roles that were allowed to use the ledger can use its new table.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role,
      string_agg(a.privilege_type, ', ') AS rights
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'tableferry.runs'::regclass AND a.grantee <> c.relowner
      AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    GROUP BY a.grantee
  LOOP
    EXECUTE format('GRANT %s ON tableferry.verifications TO %s', one.rights, one.role);
  END LOOP;
END
$$;
