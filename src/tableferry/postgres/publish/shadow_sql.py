"""What is asked of the catalog about a shadow, and the target that it is made like."""

from typing import Final, LiteralString

DEFAULT_RIGHTS: Final[LiteralString] = """\
SELECT format('REVOKE ALL ON %%s %%s FROM %%s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE'
    ELSE 'TABLE' END, c.oid::regclass,
  CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END)
FROM pg_class c, aclexplode(c.relacl) e
WHERE e.grantee <> c.relowner AND (c.oid = %(made)s::regclass OR c.oid IN (
  SELECT d.objid FROM pg_depend d WHERE d.refobjid = %(made)s::regclass
    AND d.classid = 'pg_class'::regclass))"""
"""ALTER DEFAULT PRIVILEGES gives rights on every new table: the shadow gets those of the target."""

LEFT_OVER: Final[LiteralString] = """\
SELECT 0, format('DROP MATERIALIZED VIEW IF EXISTS tableferry.%%I CASCADE', c.relname)
FROM pg_class c WHERE c.relnamespace = 'tableferry'::regnamespace AND c.relkind = 'm'
  AND starts_with(c.relname, %(name)s || '_')
UNION ALL
SELECT 1, format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname)
FROM pg_constraint k
WHERE k.conrelid = %(made)s::regclass AND k.contype = 'f' AND k.confrelid = k.conrelid
UNION ALL
SELECT 2, format('ALTER TABLE %%s REPLICA IDENTITY DEFAULT, SET WITHOUT CLUSTER',
  %(made)s::regclass)
UNION ALL
SELECT 3, format('DROP STATISTICS tableferry.%%I', e.stxname)
FROM pg_statistic_ext e WHERE e.stxrelid = %(made)s::regclass
UNION ALL
SELECT 4, format('DROP TRIGGER %%I ON %%s', g.tgname, g.tgrelid::regclass)
FROM pg_trigger g WHERE g.tgrelid = %(made)s::regclass AND NOT g.tgisinternal AND g.tgtype & 7 <> 7
ORDER BY 1"""
"""What an earlier attempt to prepare the same rows has left, but for indexes and their keys, which
it may go on with. ``tgtype``: 1 row, 2 before, 4 insert."""

FOREIGN: Final[LiteralString] = """\
SELECT k.conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', %(made)s::text, k.conname,
  regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''))
FROM pg_constraint k
WHERE k.conrelid = %(made)s::regclass AND k.contype = 'f' AND k.conparentid = 0"""
"""The foreign keys that the shadow has, as the inventory writes them. To drop and add them again
would lock the other tables' readers out."""

PARTS: Final[LiteralString] = """\
WITH RECURSIVE part AS (
  SELECT k.oid, k.conname, k.conname AS whole, k.conrelid, k.confrelid FROM pg_constraint k
  WHERE k.conrelid IN (%(oid)s, %(made)s::regclass) AND k.contype = 'f' AND k.conparentid = 0
  UNION ALL
  SELECT k.oid, k.conname, p.whole, k.conrelid, k.confrelid
  FROM part p JOIN pg_constraint k ON k.conparentid = p.oid AND k.conrelid = p.conrelid
), named AS (
  SELECT m.conname AS made, o.conname AS name, row_number() OVER (ORDER BY m.oid) AS number
  FROM part m JOIN part o ON o.whole = m.whole AND o.confrelid = m.confrelid AND o.oid <> m.oid
  WHERE m.conrelid = %(made)s::regclass AND o.conrelid = %(oid)s AND o.conname <> m.conname
)
SELECT 0, format('ALTER TABLE %%s RENAME CONSTRAINT %%I TO %%I', %(made)s::text, n.made,
  format('%%s_f%%s', %(name)s::text, n.number)) FROM named n
UNION ALL
SELECT 1, format('ALTER TABLE %%s RENAME CONSTRAINT %%I TO %%I', %(made)s::text,
  format('%%s_f%%s', %(name)s::text, n.number), n.name) FROM named n
ORDER BY 1"""
"""A foreign key to a partitioned table has a part for each partition, which errors tell of; before
PostgreSQL 18 it is named after the table that was there first. By way of a third name: two may have
each other's."""
