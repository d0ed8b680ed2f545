"""What hangs on a target table and matters to some way of publishing, from PostgreSQL's catalog."""

from typing import Final

from tableferry.schema import Surroundings
from tableferry.target.connection import TargetConnection

_MERGE: Final = """\
SELECT
  ARRAY(SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = %(oid)s AND a.attidentity = 'a' AND NOT a.attisdropped ORDER BY 1),
  ARRAY(SELECT r.rulename::text FROM pg_rewrite r
    WHERE r.ev_class = %(oid)s AND r.ev_type IN ('2', '3', '4') AND r.ev_enabled IN ('O', 'A')
    ORDER BY 1),
  ARRAY(SELECT g.tgname::text FROM pg_trigger g
    WHERE g.tgrelid = %(oid)s AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
      AND g.tgtype & 3 = 3 AND g.tgtype & 24 <> 0 ORDER BY 1),
  ARRAY(SELECT format('%%s of %%s, ON DELETE %%s', k.conname, k.conrelid::regclass, a.action)
    FROM pg_constraint k JOIN (VALUES ('c'::"char", 'CASCADE'), ('n', 'SET NULL'),
      ('d', 'SET DEFAULT')) AS a (code, action) ON a.code = k.confdeltype
    WHERE k.confrelid = %(oid)s AND k.conrelid <> %(oid)s AND k.contype = 'f' ORDER BY 1)"""
"""``ev_type``: 2 update, 3 insert, 4 delete. ``tgtype``: 1 for each row, 2 before, 8 delete, 16
update (pg_trigger.h). ``confdeltype``: what happens to rows that point to a deleted one."""


def read_surroundings(connection: TargetConnection, oid: int) -> Surroundings:
    """Read what hangs on the table of this ``pg_class.oid``."""
    always, rules, triggers, cascades = connection.rows(_MERGE, {"oid": oid})[0]
    return Surroundings(tuple(always), tuple(rules), tuple(triggers), tuple(cascades))
