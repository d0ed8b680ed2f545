"""What depends on a table, as the statements that tie it to another of the same name.

Run when the new table has the old one's name: each object's own definition, as PostgreSQL prints
it, is read again, and finds the new table. The object stays the same one, with its owner, rights,
comments and triggers, and whatever depends on it.
"""

from typing import Final, LiteralString

DEPENDENTS: Final[LiteralString] = """\
named AS (
  SELECT 'pg_class'::regclass::oid AS classid, b.oid AS objid FROM body b
  UNION ALL
  SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k JOIN body b ON k.conrelid = b.oid
), depending AS (
  SELECT DISTINCT d.classid, d.objid
  FROM pg_depend d JOIN named n ON d.refclassid = n.classid AND d.refobjid = n.objid
  WHERE d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass)
), other_rule AS (
  SELECT r.oid, r.rulename, r.ev_class, r.ev_enabled, c.relkind, c.relowner,
    format('%%I.%%I', n.nspname, c.relname) AS relation
  FROM depending d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.ev_class NOT IN (SELECT oid FROM body)
), other_policy AS (
  SELECT p.oid, p.polname, p.polrelid, p.polqual, p.polwithcheck, c.relowner,
    format('%%I.%%I', n.nspname, c.relname) AS relation
  FROM depending d JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
  JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE p.polrelid NOT IN (SELECT oid FROM body)
)"""
"""Views and rules that read the bodies, and other tables' policies that do. A view that groups by a
primary key depends on that constraint, too."""

OTHERS: Final[LiteralString] = """\
SELECT 'view', 0, o.ev_class::bigint, format('CREATE OR REPLACE VIEW %%s%%s AS %%s', o.relation,
  (SELECT format(' WITH (%%s)',
     string_agg(format('%%I = %%L', p.option_name, p.option_value), ', '))
   FROM pg_options_to_table(c.reloptions) p HAVING count(*) > 0), pg_get_viewdef(o.ev_class))
FROM other_rule o JOIN pg_class c ON c.oid = o.ev_class WHERE o.rulename = '_RETURN'
UNION ALL
SELECT 'view', 1, o.oid::bigint, 'CREATE OR REPLACE' || substr(pg_get_ruledef(o.oid), 7)
FROM other_rule o WHERE o.rulename <> '_RETURN'
UNION ALL
SELECT 'view', 2, o.oid::bigint, format('ALTER POLICY %%I ON %%s%%s%%s', o.polname, o.relation,
  ' USING (' || pg_get_expr(o.polqual, o.polrelid) || ')',
  ' WITH CHECK (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')')
FROM other_policy o
UNION ALL
SELECT DISTINCT 'claim', 0, o.relid::bigint, format('ALTER TABLE %%s OWNER TO %%I', o.relation,
  pg_get_userbyid(o.relowner))
FROM (SELECT ev_class AS relid, relation, relowner FROM other_rule
  UNION ALL SELECT polrelid, relation, relowner FROM other_policy) AS o
UNION ALL
SELECT 'claim', b.place, 0,
  format('ALTER TABLE %%s OWNER TO %%I', b.old, pg_get_userbyid(c.relowner))
FROM body b JOIN pg_class c ON c.oid = b.oid WHERE b.kind = 'm'
UNION ALL
SELECT 'claim', 10000, 0, format('LOCK TABLE ONLY %%s IN ACCESS EXCLUSIVE MODE', b.old)
FROM body b WHERE b.kind = 'r'
UNION ALL
SELECT 'unlink', b.place, k.oid::bigint,
  format('ALTER TABLE ONLY %%s DROP CONSTRAINT %%I', b.old, k.conname)
FROM body b JOIN pg_constraint k ON k.conrelid = b.oid AND k.contype = 'f' AND k.conparentid = 0
WHERE k.confrelid <> b.oid"""
"""The steps ``claim`` and ``unlink`` take the locks. To give a relation the owner it has changes
nothing, but locks it alone, where LOCK TABLE would lock all that a view reads; a reader of a view,
too, has the view first and its tables after it. A foreign key's triggers are on the other table as
well."""

OWN: Final[LiteralString] = """\
SELECT 'rule', b.place, r.oid::bigint, rtrim(pg_get_ruledef(r.oid), ';')
  || coalesce('; ALTER TABLE ' || b.old || CASE r.ev_enabled WHEN 'D' THEN ' DISABLE'
    WHEN 'R' THEN ' ENABLE REPLICA' WHEN 'A' THEN ' ENABLE ALWAYS' END || ' RULE '
    || quote_ident(r.rulename), '')
  || coalesce(format('; COMMENT ON RULE %%I ON %%s IS ', r.rulename, b.old)
    || quote_literal(d.description), '')
FROM body b JOIN pg_rewrite r ON r.ev_class = b.oid AND b.kind = 'r'
LEFT JOIN pg_description d ON d.classoid = 'pg_rewrite'::regclass AND d.objoid = r.oid
UNION ALL
SELECT 'rule', b.place, p.oid::bigint, format(
  'CREATE POLICY %%I ON %%s AS %%s FOR %%s TO %%s%%s%%s', p.polname, b.old,
  CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  (SELECT string_agg(CASE r.oid WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.oid)) END,
     ', ') FROM unnest(p.polroles) AS r (oid)),
  ' USING (' || pg_get_expr(p.polqual, b.oid) || ')',
  ' WITH CHECK (' || pg_get_expr(p.polwithcheck, b.oid) || ')')
  || coalesce(format('; COMMENT ON POLICY %%I ON %%s IS ', p.polname, b.old)
    || quote_literal(d.description), '')
FROM body b JOIN pg_policy p ON p.polrelid = b.oid
LEFT JOIN pg_description d ON d.classoid = 'pg_policy'::regclass AND d.objoid = p.oid"""
