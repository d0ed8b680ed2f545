"""Obstacles to a swap: what depends on a target table, from PostgreSQL's catalog."""

from typing import Final, LiteralString

from tableferry.postgres.catalog import Look
from tableferry.postgres.event_triggers import ENABLED

REBUILT: Final[LiteralString] = """\
WITH RECURSIVE built (oid, depth) AS (
  SELECT %(oid)s::oid, 0
  UNION
  SELECT r.ev_class, b.depth + 1
  FROM built b JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = b.oid
    AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> b.oid
  JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'm'
), body AS (
  SELECT b.oid, max(b.depth) AS depth, c.relkind AS kind, n.nspname AS schema, c.relname AS name,
    c.relnamespace, c.relowner, format('%%I.%%I', n.nspname, c.relname) AS shown
  FROM built b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  GROUP BY b.oid, c.relkind, n.nspname, c.relname, c.relnamespace, c.relowner
)"""
"""The table and the materialised views that read it, or such a view, themselves: they cannot be
pointed to another table, so they are built anew."""

_NAMED: Final[LiteralString] = """\
named AS (
  SELECT 'pg_class'::regclass::oid AS classid, b.oid AS objid, false AS numbers FROM body b
  UNION ALL
  SELECT 'pg_constraint'::regclass, k.oid, false
  FROM pg_constraint k JOIN body b ON k.conrelid = b.oid
  UNION ALL
  SELECT 'pg_class'::regclass, i.indexrelid, false FROM pg_index i JOIN body b ON i.indrelid = b.oid
  UNION ALL
  SELECT 'pg_class'::regclass, d.objid, c.relkind = 'S'
  FROM body b JOIN pg_depend d ON d.refobjid = b.oid AND d.refclassid = 'pg_class'::regclass
    AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
  JOIN pg_class c ON c.oid = d.objid
  UNION ALL
  SELECT 'pg_type'::regclass, t.oid, false
  FROM body b JOIN pg_class c ON c.oid = b.oid JOIN pg_type r ON r.oid = c.reltype
  JOIN pg_type t ON t.oid IN (r.oid, r.typarray)
), depending AS (
  SELECT DISTINCT d.classid, d.objid, d.objsubid, n.classid = 'pg_type'::regclass AS by_type,
    n.numbers
  FROM pg_depend d JOIN named n ON d.refclassid = n.classid AND d.refobjid = n.objid
  WHERE NOT EXISTS (SELECT FROM named o WHERE o.classid = d.classid AND o.objid = d.objid)
), reading AS (
  SELECT r.oid, r.rulename, c.oid AS relid, c.relkind, c.relowner, c.relnamespace,
    c.relpersistence, format('%%I.%%I', n.nspname, c.relname) AS shown
  FROM depending d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.ev_class NOT IN (SELECT oid FROM body)
), governed AS (
  SELECT c.oid AS relid, c.relowner, format('%%I.%%I', n.nspname, c.relname) AS shown
  FROM depending d JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
  JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE p.polrelid NOT IN (SELECT oid FROM body)
), viewed (relid) AS (
  SELECT relid FROM reading WHERE relkind = 'v' AND rulename = '_RETURN'
  UNION
  SELECT r.ev_class FROM viewed v JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass
    AND d.refobjid = v.relid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.relid AND r.rulename = '_RETURN'
  JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
)"""
"""What depends on the bodies, their keys, indexes, identity sequences (``numbers``) and row types;
of that the views and rules that read them, the other tables whose policies do, and all views that
do in any way."""

_OWNED: Final[LiteralString] = """\
SELECT 'owner' AS kind, format('%%s of %%s', o.shown, pg_get_userbyid(o.owner)) AS name
FROM (
  SELECT shown, relowner AS owner FROM body
  UNION SELECT shown, relowner FROM reading
  UNION SELECT shown, relowner FROM governed
  UNION SELECT format('publication %%I', p.pubname), p.pubowner
    FROM body b JOIN pg_publication_rel r ON r.prrelid = b.oid
    JOIN pg_publication p ON p.oid = r.prpubid
  UNION SELECT format('statistics %%I', e.stxname), e.stxowner
    FROM body b JOIN pg_statistic_ext e ON e.stxrelid = b.oid
) AS o WHERE NOT pg_has_role(o.owner, 'USAGE')
UNION ALL
SELECT 'role', pg_get_userbyid(o.role)::text
FROM (
  SELECT relowner AS role FROM body
  UNION SELECT e.stxowner FROM body b JOIN pg_statistic_ext e ON e.stxrelid = b.oid
  UNION SELECT e.grantor FROM body b JOIN pg_class c ON c.oid = b.oid, aclexplode(c.relacl) e
  UNION SELECT e.grantor FROM body b JOIN pg_attribute a ON a.attrelid = b.oid,
    aclexplode(a.attacl) e
  UNION SELECT e.grantor FROM named n JOIN pg_class c ON n.classid = 'pg_class'::regclass
    AND c.oid = n.objid AND c.relkind = 'S', aclexplode(c.relacl) e
) AS o WHERE NOT pg_has_role(o.role, {set_role})
UNION ALL
SELECT 'create', format('%%s on schema %%s', o.role, o.schema)
FROM (
  SELECT current_user AS role, relnamespace::regnamespace AS schema FROM body
  UNION SELECT current_user, relnamespace::regnamespace FROM reading WHERE relkind = 'v'
  UNION SELECT current_user, e.stxnamespace::regnamespace
    FROM body b JOIN pg_statistic_ext e ON e.stxrelid = b.oid
  UNION SELECT pg_get_userbyid(a.role), a.schema::regnamespace FROM (
    SELECT relowner AS role, relnamespace AS schema FROM body
    UNION SELECT e.stxowner, e.stxnamespace
      FROM body b JOIN pg_statistic_ext e ON e.stxrelid = b.oid
  ) AS a WHERE NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
) AS o WHERE NOT has_schema_privilege(o.role, o.schema, 'CREATE')
UNION ALL
SELECT DISTINCT 'create', format('%%s on tablespace %%s', current_user, s.spcname)
FROM body b JOIN pg_class c ON c.oid = b.oid
  OR c.oid IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = b.oid)
JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE NOT has_tablespace_privilege(s.oid, 'CREATE')
UNION ALL
SELECT 'references', format('%%s, for %%s', k.confrelid::regclass, k.conname)
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid AND k.contype = 'f' AND k.conparentid = 0
WHERE k.confrelid <> b.oid AND EXISTS (SELECT FROM unnest(k.confkey) AS a (attnum)
  WHERE NOT has_column_privilege(k.confrelid, a.attnum, 'REFERENCES'))"""
"""What the rights of this login do not reach."""

_KEPT: Final[LiteralString] = """\
SELECT 'inherits', b.shown FROM body b JOIN pg_class c ON c.oid = b.oid
WHERE c.relkind = 'p' OR c.relispartition OR c.reloftype <> 0
  OR EXISTS (SELECT FROM pg_inherits h WHERE b.oid IN (h.inhparent, h.inhrelid))
UNION ALL
SELECT DISTINCT CASE WHEN d.by_type THEN 'type' ELSE 'depends' END,
  pg_describe_object(d.classid, d.objid, d.objsubid)
FROM depending d
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
LEFT JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
WHERE d.by_type OR d.numbers OR CASE d.classid
  WHEN 'pg_rewrite'::regclass THEN false
  WHEN 'pg_policy'::regclass THEN false
  WHEN 'pg_statistic_ext'::regclass THEN false
  WHEN 'pg_publication_rel'::regclass THEN false
  WHEN 'pg_class'::regclass THEN c.relkind NOT IN ('t', 'i', 'S')
  WHEN 'pg_trigger'::regclass THEN NOT g.tgisinternal AND g.tgrelid NOT IN (SELECT oid FROM body)
  WHEN 'pg_attrdef'::regclass THEN e.adrelid NOT IN (SELECT oid FROM body)
  WHEN 'pg_constraint'::regclass THEN k.contype <> 'f'
  ELSE true END
UNION ALL
SELECT 'temporary', r.shown FROM reading r WHERE r.relpersistence = 't'
UNION ALL
SELECT DISTINCT 'both_ways', format('%%s, by way of %%s', b.shown, v.relid::regclass)
FROM body b JOIN pg_rewrite r ON r.ev_class = b.oid AND b.kind = 'm'
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
  AND d.refclassid = 'pg_class'::regclass
JOIN viewed v ON v.relid = d.refobjid
UNION ALL
SELECT DISTINCT 'extension', pg_describe_object(d.classid, d.objid, 0)
FROM pg_depend d
JOIN pg_extension x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid
WHERE d.deptype IN ('e', 'x') AND (EXISTS (SELECT FROM named n WHERE n.classid = d.classid
    AND n.objid = d.objid)
  OR d.classid = 'pg_trigger'::regclass AND d.objid IN (
    SELECT g.oid FROM pg_trigger g JOIN body b ON g.tgrelid = b.oid))
UNION ALL
SELECT DISTINCT 'label', b.shown FROM body b JOIN pg_seclabel l
  ON l.classoid = 'pg_class'::regclass AND l.objoid = b.oid
UNION ALL
SELECT 'whole_row', format('%%s of %%s', w.name, b.shown)
FROM body b, LATERAL (
  SELECT i.indexrelid::regclass::text, concat(i.indexprs::text, i.indpred::text)
  FROM pg_index i WHERE i.indrelid = b.oid
  UNION ALL
  SELECT k.conname, k.conbin::text FROM pg_constraint k WHERE k.conrelid = b.oid
) AS w (name, tree) WHERE w.tree LIKE '%%{VAR :varno 1 :varattno 0 %%'
UNION ALL
SELECT DISTINCT 'disabled', format('%%s of %%s', k.conname, b.shown)
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid
JOIN pg_trigger g ON g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O'
UNION ALL
SELECT 'subscribed', pg_describe_object('pg_subscription'::regclass, s.srsubid, 0)
FROM body b JOIN pg_subscription_rel s ON s.srrelid = b.oid
UNION ALL
SELECT 'all_tables', p.pubname FROM pg_publication p, body b JOIN pg_class c ON c.oid = b.oid
WHERE p.puballtables AND b.kind = 'r' AND c.relpersistence = 'p'"""
"""What cannot be kept when another table takes the place."""

_NOTED: Final[LiteralString] = """\
SELECT 'rebuilt', b.shown FROM body b WHERE b.kind = 'm'
UNION ALL
SELECT 'not_fired', g.tgname::text FROM pg_trigger g
WHERE g.tgrelid = %(oid)s AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
  AND (g.tgtype & 4 <> 0 AND g.tgtype & 3 <> 3 OR g.tgtype & 32 <> 0)
UNION ALL
SELECT 'published', p.pubname::text FROM pg_publication_tables p
JOIN body b ON b.oid = %(oid)s AND p.schemaname = b.schema AND p.tablename = b.name
UNION ALL
SELECT 'invalid', i.indexrelid::regclass::text FROM pg_index i
WHERE i.indrelid = %(oid)s AND NOT i.indisvalid
UNION ALL
SELECT 'event', v.name FROM ({events}) AS v"""
"""What a person should know of. ``tgtype``: 1 for each row, 2 before, 4 insert, 32 truncate
(pg_trigger.h)."""

_SET_ROLE: Final = 160000
"""PostgreSQL 16 distinguishes members that may act as the role (SET) from those that may not."""


def _query(version: int) -> str:
    usable = "'SET'" if version >= _SET_ROLE else "'MEMBER'"
    block = f"{_OWNED}\nUNION ALL\n{_KEPT}\nUNION ALL\n{_NOTED}"
    query = f"{REBUILT},\n{_NAMED}\n{block}".replace("{set_role}", usable)
    return query.replace("{events}", ENABLED)


LOOK: Final = Look(_query)
"""What matters to a swap of a table; see ``swap_check``."""
