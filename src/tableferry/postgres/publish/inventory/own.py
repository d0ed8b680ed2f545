"""What a table or materialised view is made of, as the statements that make it so for another.

Each block selects (step, place of the body, order, statement) for every row of ``body``. The
statements name the shadow. Definitions are PostgreSQL's own texts (``pg_get_indexdef`` and the
like) with the name of the table in them replaced: it stands at a known place, qualified, as the
search path is empty. Keys and indexes have names of the shadow's until they are published.
"""

from typing import Final, LiteralString

INDEXES: Final[LiteralString] = """\
index AS (
  SELECT b.place, b.old, b.shadow, i.indexrelid, i.indisunique, i.indisclustered, i.indisreplident,
    c.relname AS name,
    (SELECT string_agg(format('%%I = %%L', p.option_name, p.option_value), ', ')
      FROM pg_options_to_table(c.reloptions) p) AS options,
    coalesce(b.prefix || '_' || row_number() OVER (PARTITION BY b.oid ORDER BY c.relname),
      c.relname) AS temporary,
    row_number() OVER (PARTITION BY b.oid ORDER BY c.relname) AS number,
    format('SET LOCAL default_tablespace = %%L; ',
      coalesce((SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace), '')) AS there,
    k.oid AS constraint_oid, k.contype, k.conname, k.condeferrable, k.condeferred,
    coalesce(to_jsonb(k) ->> 'conperiod' = 'true', false) AS period
  FROM body b JOIN pg_index i ON i.indrelid = b.oid AND i.indisvalid
  JOIN pg_class c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = b.oid
    AND k.contype IN ('p', 'u', 'x')
)"""
"""Every valid index; an invalid one is what a failed CREATE INDEX CONCURRENTLY has left. Without a
prefix they keep their names."""

MAKE_INDEX: Final[LiteralString] = """\
x.there || CASE
  WHEN x.contype = 'x' OR x.period THEN
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', x.shadow, x.temporary,
      pg_get_constraintdef(x.constraint_oid))
    || coalesce('; ALTER INDEX tableferry.' || quote_ident(x.temporary) || ' SET (' || x.options
      || ')', '')
  ELSE format('CREATE %%sINDEX %%I ON %%s %%s', CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END,
    x.temporary, x.shadow, substr(pg_get_indexdef(x.indexrelid), 1 + length(format(
      'CREATE %%sINDEX %%I ON %%s ', CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, x.name,
      x.old))))
  END"""

MAKE_KEY: Final[LiteralString] = """\
CASE WHEN x.contype IN ('p', 'u') AND NOT x.period THEN format(
  'ALTER TABLE %%s ADD CONSTRAINT %%I %%s USING INDEX %%I%%s%%s', x.shadow, x.temporary,
  CASE x.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, x.temporary,
  CASE WHEN x.condeferrable THEN ' DEFERRABLE' ELSE '' END,
  CASE WHEN x.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END) END"""
"""NULL for an index that belongs to no key, or comes with its constraint."""

COLUMNS: Final[LiteralString] = """\
SELECT CASE WHEN a.attrelid = b.oid THEN 'like' ELSE 'alike' END AS step, b.place,
  a.attnum::bigint AS number,
  concat_ws(' ', 'column', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'identity ' || nullif(a.attidentity::text, ''),
    'generated ' || nullif(a.attgenerated::text, ''), 'storage', a.attstorage,
    to_jsonb(a) ->> 'attcompression', 'collation', nullif(a.attcollation, 0)::regcollation,
    pg_get_expr(d.adbin, d.adrelid)) AS statement
FROM body b JOIN pg_attribute a ON a.attrelid IN (b.oid, b.made) AND a.attnum > 0
  AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE b.kind = 'r'
UNION ALL
SELECT CASE WHEN k.conrelid = b.oid THEN 'like' ELSE 'alike' END, b.place, 10000,
  format('%%I %%s', k.conname, pg_get_constraintdef(k.oid))
FROM body b JOIN pg_constraint k ON k.conrelid IN (b.oid, b.made) AND k.contype IN ('c', 'n')
WHERE b.kind = 'r'"""
"""What the shadow has to have alike, and has; the steps are compared, not run."""

MADE: Final[LiteralString] = """\
SELECT 'create', b.place, 0, format(
  'SET LOCAL default_tablespace = %%L; CREATE %%s %%s %%sUSING %%I',
  coalesce(s.spcname, ''), CASE WHEN b.kind = 'm' THEN 'MATERIALIZED VIEW'
    WHEN c.relpersistence = 'u' THEN 'UNLOGGED TABLE' ELSE 'TABLE' END, b.shadow,
  CASE b.kind WHEN 'r' THEN format('(LIKE %%s INCLUDING ALL EXCLUDING CONSTRAINTS '
    'EXCLUDING INDEXES EXCLUDING STATISTICS) ', b.old) ELSE '' END, m.amname)
  || coalesce(' WITH (' || o.options || ')', '')
  || CASE b.kind WHEN 'm' THEN format(' AS %%s WITH NO DATA', rtrim(pg_get_viewdef(b.oid), ';'))
    ELSE '' END
FROM body b JOIN pg_class c ON c.oid = b.oid JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid,
LATERAL (SELECT string_agg(p.option, ', ') AS options FROM (
  SELECT format('%%I = %%L', option_name, option_value) FROM pg_options_to_table(c.reloptions)
  UNION ALL
  SELECT format('toast.%%I = %%L', option_name, option_value) FROM pg_options_to_table(t.reloptions)
) AS p (option)) AS o
UNION ALL
SELECT 'refresh', b.place, 0, format('REFRESH MATERIALIZED VIEW %%s', b.shadow)
FROM body b JOIN pg_class c ON c.oid = b.oid WHERE b.kind = 'm' AND c.relispopulated
UNION ALL
SELECT 'options', b.place, a.attnum::bigint, format('ALTER TABLE %%s ALTER COLUMN %%I %%s',
  b.shadow, a.attname, o.change)
FROM body b JOIN pg_attribute a ON a.attrelid = b.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid,
LATERAL (
  SELECT 'SET STATISTICS ' || (to_jsonb(a) ->> 'attstattarget')
  WHERE (to_jsonb(a) ->> 'attstattarget')::integer >= 0
  UNION ALL
  SELECT format('SET (%%s)', string_agg(format('%%I = %%L', p.option_name, p.option_value), ', '))
  FROM pg_options_to_table(a.attoptions) p HAVING count(*) > 0
  UNION ALL
  SELECT 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
    WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END
  WHERE b.kind = 'm' AND a.attstorage <> t.typstorage
  UNION ALL
  SELECT 'SET COMPRESSION ' || CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz'
    ELSE 'lz4' END
  WHERE b.kind = 'm' AND to_jsonb(a) ->> 'attcompression' <> ''
) AS o (change)
UNION ALL
SELECT 'check', b.place, row_number() OVER (ORDER BY k.conname),
  CASE k.contype WHEN 'n' THEN format('ALTER TABLE %%s DROP CONSTRAINT %%I; ', b.shadow, k.conname)
    ELSE '' END
  || format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', b.shadow, k.conname,
    pg_get_constraintdef(k.oid))
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid
WHERE k.contype = 'c' OR k.contype = 'n' AND NOT k.convalidated
UNION ALL
SELECT CASE WHEN g.tgtype & 7 = 7 THEN 'early' ELSE 'trigger' END, b.place,
  row_number() OVER (ORDER BY g.tgname),
  format('%%s ON %%s %%s', left(d.def, d.at - 1), b.shadow,
    substr(d.def, d.at + length(format(' ON %%s ', b.old))))
  || coalesce('; ALTER TABLE ' || b.shadow || CASE g.tgenabled WHEN 'D' THEN ' DISABLE'
    WHEN 'R' THEN ' ENABLE REPLICA' WHEN 'A' THEN ' ENABLE ALWAYS' END || ' TRIGGER '
    || quote_ident(g.tgname), '')
FROM body b JOIN pg_trigger g ON g.tgrelid = b.oid AND NOT g.tgisinternal,
LATERAL (SELECT pg_get_triggerdef(g.oid) AS def) AS whole,
LATERAL (SELECT whole.def, strpos(whole.def, format(' ON %%s ', b.old)) AS at) AS d"""
"""Before the rows come. Triggers that run before a row is inserted may change it, so they are there
for the load, as they are when a table is loaded in place. ``tgtype``: 1 row, 2 before, 4 insert."""

PREPARED: Final[LiteralString] = f"""\
SELECT 'index', x.place, x.number, {MAKE_INDEX} FROM index x
UNION ALL
SELECT 'key', x.place, x.number, k.made FROM index x, LATERAL (SELECT {MAKE_KEY} AS made) AS k
WHERE k.made IS NOT NULL
UNION ALL
SELECT 'mark', x.place, x.number, format(
  'ALTER INDEX tableferry.%%I ALTER COLUMN %%s SET STATISTICS %%s', x.temporary, a.attnum,
  to_jsonb(a) ->> 'attstattarget')
FROM index x JOIN pg_attribute a ON a.attrelid = x.indexrelid
WHERE (to_jsonb(a) ->> 'attstattarget')::integer >= 0
UNION ALL
SELECT 'mark', x.place, x.number, format('ALTER TABLE %%s CLUSTER ON %%I', x.shadow, x.temporary)
FROM index x WHERE x.indisclustered
UNION ALL
SELECT 'mark', x.place, x.number,
  format('ALTER TABLE %%s REPLICA IDENTITY USING INDEX %%I', x.shadow, x.temporary)
FROM index x WHERE x.indisreplident
UNION ALL
SELECT 'mark', b.place, 0, format('ALTER TABLE %%s REPLICA IDENTITY %%s', b.shadow,
  CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END)
FROM body b JOIN pg_class c ON c.oid = b.oid WHERE b.kind = 'r' AND c.relreplident IN ('f', 'n')
UNION ALL
SELECT 'statistic', b.place, s.number, format('CREATE STATISTICS tableferry.%%I %%s FROM %%s%%s',
  s.temporary, substr(d.def, d.at, length(d.def) - d.at + 1 - length(format(' FROM %%s', b.old))),
  b.shadow, coalesce('; ALTER STATISTICS tableferry.' || quote_ident(s.temporary)
    || ' SET STATISTICS ' || nullif(to_jsonb(e) ->> 'stxstattarget', '-1'), ''))
FROM body b JOIN statistic s ON s.place = b.place JOIN pg_statistic_ext e ON e.oid = s.oid,
LATERAL (SELECT pg_get_statisticsobjdef(e.oid) AS def,
  length(format('CREATE STATISTICS %%s ', s.old)) + 1 AS at) AS d
UNION ALL
SELECT 'foreign', b.place, row_number() OVER (ORDER BY k.conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s%%s', b.shadow, k.conname, CASE
    WHEN k.confrelid <> b.oid THEN d.def
    ELSE format('%%s REFERENCES %%s(%%s', left(d.def, d.at - 1), b.shadow,
      substr(d.def, d.at + length(format(' REFERENCES %%s(', b.old)))) END,
    CASE WHEN k.convalidated THEN ' NOT VALID' ELSE '' END)
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid AND k.contype = 'f' AND k.conparentid = 0,
LATERAL (SELECT pg_get_constraintdef(k.oid) AS def) AS whole,
LATERAL (SELECT whole.def, strpos(whole.def, format(' REFERENCES %%s(', b.old)) AS at) AS d
UNION ALL
SELECT 'validate', b.place, row_number() OVER (ORDER BY k.conname),
  format('ALTER TABLE %%s VALIDATE CONSTRAINT %%I', b.shadow, k.conname)
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid AND k.contype = 'f' AND k.conparentid = 0
WHERE k.convalidated"""
"""When the rows are there. Foreign keys are added without a look at the rows, for that locks the
other table's writers out, and validated after it."""

STATISTICS: Final[LiteralString] = """\
statistic AS (
  SELECT b.place, e.oid, e.stxname AS name, n.nspname AS schema, e.stxowner,
    format('%%I.%%I', n.nspname, e.stxname) AS old,
    row_number() OVER (PARTITION BY b.oid ORDER BY e.oid) AS number,
    format('%%s_s%%s', b.prefix, row_number() OVER (PARTITION BY b.oid ORDER BY e.oid)) AS temporary
  FROM body b JOIN pg_statistic_ext e ON e.stxrelid = b.oid
  JOIN pg_namespace n ON n.oid = e.stxnamespace
)"""

COMMENTS: Final[LiteralString] = """\
SELECT 'comment', b.place, 0, format('COMMENT ON %%s %%s IS %%L',
  CASE b.kind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, b.shadow, d.description)
FROM body b JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = b.oid
  AND d.objsubid = 0
UNION ALL
SELECT 'comment', b.place, a.attnum, format('COMMENT ON COLUMN %%s.%%I IS %%L', b.shadow, a.attname,
  d.description)
FROM body b JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = b.oid
JOIN pg_attribute a ON a.attrelid = b.oid AND a.attnum = d.objsubid
UNION ALL
SELECT 'comment', x.place, x.number, format('COMMENT ON INDEX tableferry.%%I IS %%L', x.temporary,
  d.description)
FROM index x JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = x.indexrelid
UNION ALL
SELECT 'comment', b.place, 0, format('COMMENT ON CONSTRAINT %%I ON %%s IS %%L',
  coalesce(x.temporary, k.conname), b.shadow, d.description)
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid
JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid
LEFT JOIN index x ON x.constraint_oid = k.oid
UNION ALL
SELECT 'comment', b.place, 0, format('COMMENT ON TRIGGER %%I ON %%s IS %%L', g.tgname, b.shadow,
  d.description)
FROM body b JOIN pg_trigger g ON g.tgrelid = b.oid AND NOT g.tgisinternal
JOIN pg_description d ON d.classoid = 'pg_trigger'::regclass AND d.objoid = g.oid
UNION ALL
SELECT 'comment', s.place, s.number,
  format('COMMENT ON STATISTICS tableferry.%%I IS %%L', s.temporary, d.description)
FROM statistic s
JOIN pg_description d ON d.classoid = 'pg_statistic_ext'::regclass AND d.objoid = s.oid"""
