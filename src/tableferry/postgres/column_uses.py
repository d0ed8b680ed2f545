"""What uses the columns of a table, from PostgreSQL's catalog: for changes of their types."""

from typing import Final, LiteralString

from tableferry.model.schema import ColumnUse
from tableferry.postgres.messages import Question, Rows

_USES: Final[LiteralString] = """\
WITH body AS (
  SELECT %(oid)s::oid AS oid UNION SELECT p.relid FROM pg_partition_tree(%(oid)s) p
), every AS (
  SELECT a.attrelid, a.attnum, a.attname::text AS name, a.attidentity, a.attinhcount, t.typtype
  FROM body b JOIN pg_attribute a ON a.attrelid = b.oid JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attnum > 0 AND NOT a.attisdropped
), col AS (
  SELECT * FROM every WHERE attrelid = %(oid)s
), used AS (
  SELECT DISTINCT c.attrelid, c.attnum, c.name, d.classid, d.objid
  FROM every c JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass
    AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum
), indexed AS (
  SELECT DISTINCT c.name, i.indexrelid, i.indisprimary, i.indisreplident,
    i.indexprs IS NOT NULL OR i.indpred IS NOT NULL AS by_expression
  FROM every c JOIN pg_index i ON i.indrelid = c.attrelid AND (c.attnum = ANY (i.indkey)
    OR EXISTS (SELECT FROM used u WHERE u.attrelid = c.attrelid AND u.attnum = c.attnum
      AND u.classid = 'pg_class'::regclass AND u.objid = i.indexrelid))
)
SELECT u.name, CASE WHEN r.ev_class = u.attrelid THEN 'rule' ELSE 'view' END,
  CASE WHEN r.ev_class = u.attrelid THEN r.rulename::text ELSE v.oid::regclass::text END,
  CASE WHEN r.ev_class <> u.attrelid THEN format('DROP %%s %%s', k.kind, v.oid::regclass) END,
  CASE WHEN r.ev_class <> u.attrelid THEN format('CREATE %%s %%s%%s AS %%s', k.kind,
    v.oid::regclass, (SELECT ' WITH (' || string_agg(format('%%I=%%L', o.option_name,
    o.option_value), ', ') || ')' FROM pg_options_to_table(v.reloptions) o),
    rtrim(pg_get_viewdef(v.oid), '; ')) END
FROM used u JOIN pg_rewrite r ON u.classid = 'pg_rewrite'::regclass AND r.oid = u.objid
JOIN pg_class v ON v.oid = r.ev_class, LATERAL (SELECT CASE v.relkind WHEN 'm'
  THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind) k
UNION ALL
SELECT x.name, CASE WHEN x.by_expression THEN 'expression index' ELSE 'index' END,
  x.indexrelid::regclass::text, NULL, NULL FROM indexed x
UNION ALL
SELECT x.name, 'primary key', '', NULL, NULL FROM indexed x WHERE x.indisprimary
UNION ALL
SELECT x.name, 'replica identity', '', NULL, NULL FROM indexed x WHERE x.indisreplident
UNION ALL
SELECT c.name, CASE k.contype WHEN 'f' THEN 'foreign key' ELSE 'check constraint' END,
  CASE WHEN k.conrelid = c.attrelid THEN k.conname::text
    ELSE format('%%s of %%s', k.conname, k.conrelid::regclass) END, NULL, NULL
FROM every c JOIN pg_constraint k ON k.contype IN ('c', 'f') AND k.conparentid = 0
  AND (k.conrelid = c.attrelid AND c.attnum = ANY (k.conkey)
    OR k.confrelid = c.attrelid AND c.attnum = ANY (k.confkey))
UNION ALL
SELECT u.name, 'generated column', g.attname::text,
  format('ALTER TABLE %%s DROP COLUMN %%I', g.attrelid::regclass, g.attname),
  format('ALTER TABLE %%s ADD COLUMN %%I %%s GENERATED ALWAYS AS (%%s) %%s', g.attrelid::regclass,
    g.attname, format_type(g.atttypid, g.atttypmod), pg_get_expr(d.adbin, d.adrelid),
    CASE g.attgenerated WHEN 'v' THEN 'VIRTUAL' ELSE 'STORED' END)
FROM used u JOIN pg_attrdef d ON u.classid = 'pg_attrdef'::regclass AND d.oid = u.objid
  AND d.adnum <> u.attnum
JOIN pg_attribute g ON g.attrelid = d.adrelid AND g.attnum = d.adnum AND g.attgenerated <> ''
UNION ALL
SELECT u.name, 'policy', p.polname::text, NULL, NULL FROM used u
JOIN pg_policy p ON u.classid = 'pg_policy'::regclass AND p.oid = u.objid
UNION ALL
SELECT u.name, 'trigger', g.tgname::text,
  format('DROP TRIGGER %%I ON %%s', g.tgname, g.tgrelid::regclass), pg_get_triggerdef(g.oid)
FROM used u JOIN pg_trigger g ON u.classid = 'pg_trigger'::regclass AND g.oid = u.objid
WHERE NOT g.tgisinternal
UNION ALL
SELECT u.name, CASE u.classid WHEN 'pg_proc'::regclass THEN 'function' ELSE 'publication' END,
  pg_describe_object(u.classid, u.objid, 0), NULL, NULL
FROM used u WHERE u.classid IN ('pg_proc'::regclass, 'pg_publication_rel'::regclass)
UNION ALL
SELECT c.name, 'partition key', '', NULL, NULL FROM col c
JOIN pg_partitioned_table p ON p.partrelid = %(oid)s
WHERE c.attnum = ANY (p.partattrs) OR EXISTS (SELECT FROM used u WHERE u.attrelid = c.attrelid
  AND u.attnum = c.attnum AND u.classid = 'pg_class'::regclass AND u.objid = %(oid)s)
UNION ALL
SELECT c.name, 'identity', '', NULL, NULL FROM col c WHERE c.attidentity <> ''
UNION ALL
SELECT c.name, 'inherited column', '', NULL, NULL FROM col c WHERE c.attinhcount > 0
UNION ALL
SELECT c.name, 'domain', '', NULL, NULL FROM col c WHERE c.typtype = 'd'
UNION ALL
SELECT c.name, 'child table', h.inhrelid::regclass::text, NULL, NULL
FROM col c JOIN pg_inherits h ON h.inhparent = %(oid)s
JOIN pg_class p ON p.oid = %(oid)s AND p.relkind = 'r'
ORDER BY 1, 2, 3"""
"""Partitions are altered with their table, so what uses their columns counts as well. A statement
names a view's definition, not its rights and comments. Statistics objects, defaults
and an identity's sequence follow a column's type by themselves."""


def asking_column_uses(oid: int) -> Question:
    """Return what asks for the uses of each column of the table with this ``pg_class.oid``."""
    return (_USES, {"oid": oid})


def column_uses(rows: Rows) -> dict[str, tuple[ColumnUse, ...]]:
    """Return what uses each column, by its name, for the answer to ``asking_column_uses``."""
    found: dict[str, list[ColumnUse]] = {}
    for column, kind, name, before, after in rows:
        use = ColumnUse(str(kind), str(name), before or "", after or "")
        uses = found.setdefault(str(column), [])
        if use not in uses:
            uses.append(use)
    return {column: tuple(uses) for column, uses in found.items()}
