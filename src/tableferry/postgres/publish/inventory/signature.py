"""A quick second look at a table's inventory: whether a row of the catalog is another by now."""

from collections.abc import Sequence
from typing import Final, LiteralString

from tableferry.postgres.messages import Question
from tableferry.postgres.publish.inventory.body import Body

_SIGNATURE: Final[LiteralString] = """\
SELECT md5(string_agg(f.seen, ' ' ORDER BY f.seen)) FROM (
  SELECT concat('c', c.oid, ':', c.xmin) AS seen FROM pg_class c WHERE c.oid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('a', a.attrelid, '.', a.attnum, ':', a.xmin)
  FROM pg_attribute a WHERE a.attrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('i', i.indexrelid, ':', i.xmin, ':', c.xmin)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('k', k.oid, ':', k.xmin)
  FROM pg_constraint k
  WHERE k.conrelid = ANY (%(oids)s::oid[]) OR k.confrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('t', g.oid, ':', g.xmin) FROM pg_trigger g WHERE g.tgrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('p', p.oid, ':', p.xmin) FROM pg_policy p WHERE p.polrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('r', r.oid, ':', r.xmin)
  FROM pg_publication_rel r WHERE r.prrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('s', e.oid, ':', e.xmin)
  FROM pg_statistic_ext e WHERE e.stxrelid = ANY (%(oids)s::oid[])
  UNION ALL
  SELECT concat('d', d.classid, '.', d.objid, ':', r.xmin, ':', c.xmin, ':', p.xmin)
  FROM pg_depend d
  LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_class c ON c.oid = r.ev_class
  LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(oids)s::oid[])
) AS f"""
"""Which versions of the catalog's rows tell of the bodies: a second look that takes two
milliseconds, for the time that readers are locked out."""


def asking_signature(bodies: Sequence[Body]) -> Question:
    """Return what asks for what stays the same as long as nobody alters the bodies.

    Or what hangs on them.
    """
    return (_SIGNATURE, {"oids": [body.oid for body in bodies]})
