"""The names that move from the old table to the new, and the sequences that number its rows."""

from typing import Final, LiteralString

NUMBERED: Final[LiteralString] = """\
part_of AS (
  SELECT d.refobjid AS relid, a.attname, c.oid, c.relname, n.nspname
  FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype = 'i'
), numbered AS (
  SELECT b.place, s.oid, s.relname AS name, m.oid AS made_oid,
    format('%%I.%%I', s.nspname, s.relname) AS old,
    quote_ident(s.nspname) || '.' || quote_ident(m.relname) AS moved,
    quote_ident(m.nspname) || '.' || quote_ident(m.relname) AS made
  FROM body b JOIN part_of s ON s.relid = b.oid
  LEFT JOIN part_of m ON m.relid = b.made AND m.attname = s.attname
), owned AS (
  SELECT b.place, b.old AS relation, a.attname, d.objid AS oid,
    format('%%I.%%I', n.nspname, c.relname) AS old
  FROM body b JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = b.oid
    AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
  JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = b.oid AND a.attnum = d.refobjsubid
)"""
"""Of an identity column the sequence is part of the table, and another one takes over its state,
its name and its rights; one that a column merely owns (serial) is handed over."""

NAMES: Final[LiteralString] = """\
SELECT 'sequence', q.place, q.oid::bigint, format(
  'SELECT setval(%%L, o.last_value, o.is_called) FROM %%s o, %%s n, pg_sequence s '
  'WHERE s.seqrelid = %%s::oid AND (NOT n.is_called '
  'OR sign(s.seqincrement) * (o.last_value - n.last_value) > 0 '
  'OR o.last_value = n.last_value)', q.made, q.old, q.made, q.made_oid)
FROM numbered q WHERE q.made_oid IS NOT NULL
UNION ALL
SELECT 'mark', q.place, 0,
  format('ALTER SEQUENCE %%s AS %%s', q.made, format_type(o.seqtypid, NULL))
FROM numbered q JOIN pg_sequence o ON o.seqrelid = q.oid
JOIN pg_sequence m ON m.seqrelid = q.made_oid AND m.seqtypid <> o.seqtypid
UNION ALL
SELECT 'release', o.place, o.oid::bigint, format('ALTER SEQUENCE %%s OWNED BY NONE', o.old)
FROM owned o
UNION ALL
SELECT 'name', x.place, x.number,
  format('ALTER INDEX %%I.%%I RENAME TO %%I', b.schema, x.temporary, x.name)
FROM index x JOIN body b ON b.place = x.place
UNION ALL
SELECT 'called', x.place, x.number, format('%%s %%s', x.temporary, x.name) FROM index x
UNION ALL
SELECT 'name', q.place, q.oid::bigint, format('ALTER SEQUENCE %%s RENAME TO %%I', q.moved, q.name)
  || coalesce('; COMMENT ON SEQUENCE ' || q.old || ' IS ' || quote_literal(d.description), '')
FROM numbered q LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = q.oid
WHERE q.made_oid IS NOT NULL
UNION ALL
SELECT 'name', s.place, s.number, format('ALTER STATISTICS tableferry.%%I SET SCHEMA %%I; '
  'ALTER STATISTICS %%I.%%I RENAME TO %%I; ALTER STATISTICS %%s OWNER TO %%I', s.temporary,
  s.schema, s.schema, s.temporary, s.name, s.old, pg_get_userbyid(s.stxowner))
FROM statistic s
UNION ALL
SELECT 'take', o.place, o.oid::bigint,
  format('ALTER SEQUENCE %%s OWNED BY %%s.%%I', o.old, o.relation, o.attname)
FROM owned o"""
"""The step ``called`` pairs the name that an index has until then with the one that people know."""
