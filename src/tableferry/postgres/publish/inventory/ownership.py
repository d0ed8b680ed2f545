"""Ownership and access: owner, grants, row-level security, publications.

Run when the new table has the old one's name. Rights are granted in the name of the role that
granted them: PostgreSQL takes them away when that role loses its own.
"""

from typing import Final, LiteralString

GRANTED: Final[LiteralString] = """\
object AS (
  SELECT b.place, 'TABLE' AS kind, b.old, c.relowner AS owner, c.relacl AS acl,
    NULL::text AS column, b.made
  FROM body b JOIN pg_class c ON c.oid = b.oid
  UNION ALL
  SELECT b.place, 'TABLE', b.old, c.relowner, a.attacl, a.attname, b.made
  FROM body b JOIN pg_class c ON c.oid = b.oid
  JOIN pg_attribute a ON a.attrelid = b.oid AND NOT a.attisdropped
  UNION ALL
  SELECT q.place, 'SEQUENCE', q.old, c.relowner, c.relacl, NULL, q.made_oid
  FROM numbered q JOIN pg_class c ON c.oid = q.oid
), entry AS (
  SELECT o.place, o.kind, o.old, o.owner, o.column, e.grantor, e.grantee, e.privilege_type,
    e.is_grantable
  FROM object o, aclexplode(o.acl) e
), granted AS (
  SELECT e.*, 0 AS depth FROM entry e WHERE e.grantor = e.owner
  UNION
  SELECT e.*, g.depth + 1 FROM granted g JOIN entry e ON e.old = g.old AND e.kind = g.kind
    AND e.grantor = g.grantee AND e.grantor <> e.owner AND e.privilege_type = g.privilege_type
    AND (g.column IS NULL OR g.column = e.column)
  WHERE g.is_grantable AND g.depth < 20
), deepest AS (
  SELECT place, kind, old, owner, "column", grantor, grantee, privilege_type, is_grantable,
    max(depth) AS depth
  FROM granted GROUP BY place, kind, old, owner, "column", grantor, grantee, privilege_type,
    is_grantable
)"""
"""Every grant, those that others rest on first. (``aclexplode`` of NULL, the default, is empty.)"""

RIGHTS: Final[LiteralString] = """\
SELECT 'owner', b.place, 0,
  format('ALTER TABLE %%s OWNER TO %%I', b.old, pg_get_userbyid(c.relowner))
FROM body b JOIN pg_class c ON c.oid = b.oid
UNION ALL
SELECT 'grant', o.place, -1, format('REVOKE ALL ON %%s %%s FROM %%I', o.kind, o.old,
  pg_get_userbyid(o.owner))
FROM object o WHERE o.acl IS NOT NULL AND o.column IS NULL
UNION ALL
SELECT 'grant', o.place, -1, format('GRANT ALL ON %%s %%s TO %%I', o.kind, o.old,
  pg_get_userbyid(o.owner))
FROM object o JOIN pg_class m ON m.oid = o.made
WHERE o.acl IS NULL AND o.column IS NULL AND m.relacl IS NOT NULL
UNION ALL
SELECT 'grant', d.place, d.depth, format(
  CASE WHEN d.grantor = d.owner THEN '%%s' ELSE 'SET LOCAL ROLE %%I; %%s; SET LOCAL ROLE %%I' END,
  VARIADIC CASE WHEN d.grantor = d.owner THEN ARRAY[g.statement]
    ELSE ARRAY[pg_get_userbyid(d.grantor)::text, g.statement, current_user::text] END)
FROM (
  SELECT place, depth, kind, old, owner, grantor, grantee, is_grantable, string_agg(
    privilege_type || coalesce(' (' || quote_ident("column") || ')', ''), ', '
    ORDER BY privilege_type, "column") AS privileges
  FROM deepest GROUP BY place, depth, kind, old, owner, grantor, grantee, is_grantable
) AS d, LATERAL (SELECT format('GRANT %%s ON %%s %%s TO %%s%%s', d.privileges, d.kind, d.old,
  CASE d.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(d.grantee)) END,
  CASE WHEN d.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement) AS g
UNION ALL
SELECT 'flag', b.place, 0, format('ALTER TABLE %%s %%s ROW LEVEL SECURITY', b.old, f.flag)
FROM body b JOIN pg_class c ON c.oid = b.oid,
LATERAL (SELECT 'ENABLE' WHERE c.relrowsecurity
  UNION ALL SELECT 'FORCE' WHERE c.relforcerowsecurity) AS f (flag)"""
"""Where the old table has nothing but the default rights, which stand nowhere, the new one may have
others: ALTER DEFAULT PRIVILEGES takes rights from its owner, too."""

PUBLICATIONS: Final[LiteralString] = """\
SELECT 'publication', b.place, 0, format('ALTER PUBLICATION %%I ADD TABLE %%s', p.pubname, b.old)
FROM body b JOIN pg_publication_rel r ON r.prrelid = b.oid
JOIN pg_publication p ON p.oid = r.prpubid"""

PUBLICATIONS_15: Final[LiteralString] = """\
SELECT 'publication', b.place, 0, format(
  'ALTER PUBLICATION %%I ADD TABLE %%s%%s%%s', p.pubname, b.old,
  (SELECT format(' (%%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY k.place))
   FROM unnest(r.prattrs::int2[]) WITH ORDINALITY AS k (attnum, place)
   JOIN pg_attribute a ON a.attrelid = b.oid AND a.attnum = k.attnum HAVING count(*) > 0),
  ' WHERE (' || pg_get_expr(r.prqual, b.oid) || ')')
FROM body b JOIN pg_publication_rel r ON r.prrelid = b.oid
JOIN pg_publication p ON p.oid = r.prpubid"""
"""PostgreSQL 15 brought lists of columns and conditions for rows."""
