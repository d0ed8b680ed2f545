"""Room for values that change hands: two rows that exchange what a unique index holds.

PostgreSQL checks a unique index row by row, so the first of the two would meet the second's old
value. Where a merge has failed for that, the rows that give up such a value are parked first: one
column of the index gets NULL, or a value that occurs nowhere. The merge then moves them on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import DataError
from tableferry.model.identifiers import quote_pg
from tableferry.planning.mark import Mark
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.merge_sql import Merging

_HELD: Final = """\
WITH indexes AS (
  SELECT i.indexrelid, i.indkey::int2[] AS key, i.indnkeyatts,
    coalesce(to_jsonb(i) ->> 'indnullsnotdistinct' = 'true', false) AS nulls_are_equal
  FROM pg_index i
  WHERE i.indrelid = %(oid)s AND (i.indisunique OR i.indisexclusion) AND i.indimmediate
), used AS (
  SELECT i.indexrelid, k.attnum, NOT i.nulls_are_equal AS plain
  FROM indexes i, unnest(i.key) WITH ORDINALITY AS k (attnum, place)
  WHERE k.place <= i.indnkeyatts AND k.attnum > 0
  UNION ALL
  SELECT i.indexrelid, d.refobjsubid, false
  FROM indexes i JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(oid)s AND d.refobjsubid > 0
), based AS (
  SELECT indexrelid, attnum, plain FROM used
  UNION ALL
  SELECT u.indexrelid, d.refobjsubid, false
  FROM used u JOIN pg_attrdef e ON e.adrelid = %(oid)s AND e.adnum = u.attnum
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(oid)s AND d.refobjsubid > 0
)
SELECT b.indexrelid, a.attname, t.typname,
  CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
  bool_or(b.plain) AND NOT a.attnotnull
FROM based b JOIN pg_attribute a ON a.attrelid = %(oid)s AND a.attnum = b.attnum
JOIN pg_type t ON t.oid = a.atttypid
GROUP BY b.indexrelid, a.attnum, a.attname, t.typname, a.atttypmod, a.attnotnull
ORDER BY b.indexrelid, a.attnum"""
"""The columns of each index that lets no value be there twice; those of its expressions, too, and
those that a generated column is computed from. (PostgreSQL 15 brought ``indnullsnotdistinct``.)"""

_BELOW: Final = "least((SELECT min(t.{0}) FROM {1} AS t), (SELECT min(s.{0}) FROM {2} AS s))"
_ANY_TEXT: Final = "gen_random_uuid()::text"
_UUID_TEXT_LENGTH: Final = 36

_PRIVATE_ONE: Final = "chr((57343 + p.n)::integer)"
_PRIVATE_TWO: Final = (
    "chr(57344 + (p.n / 6400 % 6400)::integer) || chr(57344 + (p.n % 6400)::integer)"
)
"""One or two of the 6,400 characters that Unicode leaves to private use, U+E000 to U+F8FF: for
texts too short for a random one."""

PARKED: Final[Mapping[str, str]] = {
    "int2": f"{_BELOW} - p.n",
    "int4": f"{_BELOW} - p.n",
    "int8": f"{_BELOW} - p.n",
    "numeric": f"{_BELOW} - p.n",
    "float4": f"{_BELOW} - p.n",
    "float8": f"{_BELOW} - p.n",
    "date": f"{_BELOW} - p.n::integer",
    "timestamp": f"{_BELOW} - p.n * interval '1 second'",
    "timestamptz": f"{_BELOW} - p.n * interval '1 second'",
    "uuid": "gen_random_uuid()",
    "bytea": "uuid_send(gen_random_uuid())",
    "text": _ANY_TEXT,
    "varchar": _ANY_TEXT,
    "bpchar": _ANY_TEXT,
}
"""A value that is nowhere in the column, by its type; ``p.n`` numbers the rows from 1."""


@dataclass(frozen=True, slots=True)
class Held:
    """One column of an index that lets no value be there twice.

    ``length`` is the most characters that it takes, None where it has no limit; ``empties`` says
    whether NULL keeps a row out of the others' way.
    """

    index: int
    name: str
    type: str
    length: int | None
    empties: bool


def make_room(connection: TargetConnection, oid: int, merging: Merging) -> int:
    """Park the rows that would be in each other's way; returns how many rows are to be updated.

    Raises TableferryError where a constraint does not let them be parked.
    """
    held = [Held(*row) for row in connection.rows(_HELD, {"oid": oid})]
    ((count,),) = connection.rows(
        f"SELECT count(*) FROM {merging.target} AS t JOIN {merging.staging} AS s "
        f"ON {merging.same_key} WHERE {merging.is_stale}"
    )
    for index in dict.fromkeys(column.index for column in held):
        statement = parking([column for column in held if column.index == index], merging)
        if statement:
            connection.execute(statement)
    return int(count)


def not_exchanged(taken: DataError, kept: DataError, mark: Mark | None = None) -> DataError:
    """Return the error of values that two rows of the source have, or that cannot change hands."""
    same = (taken.code, taken.constraint) == (kept.code, kept.constraint)
    by = "" if same else f" ({kept.reason}, constraint {kept.constraint!r})"
    hint = (
        "Two rows of the source have one value; or rows exchange theirs, and none can take another "
        f"in between{by}: make the unique constraint DEFERRABLE"
    )
    if mark:
        hint += (
            "; or a row that is marked as deleted has it: use a unique index that leaves such rows "
            f"out, WHERE {mark.condition}"
        )
    else:
        hint += ", or use 'publish': 'swap' or 'truncate'"
    return DataError(
        taken.message,
        hint=f"{hint}. The old rows stay.",
        code=taken.code,
        reason=taken.reason,
        column=taken.column,
        constraint=taken.constraint,
    )


def parking(columns: Sequence[Held], merging: Merging) -> str:
    """Return the statement that parks rows for one index, empty where none of its columns can be.

    Parked are the rows in which the merge changes one of the index's columns.
    """
    movable = merging.movable
    moved = [column for column in columns if column.name in movable]
    free = [column for column in moved if column.name not in merging.key]
    free.sort(key=lambda column: not column.empties)
    for column in free:
        value = _parked(column, merging)
        if value:
            return f"""\
UPDATE {merging.target} AS t SET {quote_pg(column.name)} = {value}
FROM (
  SELECT t.tableoid, t.ctid, row_number() OVER () AS n
  FROM {merging.target} AS t JOIN {merging.staging} AS s ON {merging.same_key}
  WHERE {merging.differs([column.name for column in moved])}
) AS p
WHERE t.tableoid = p.tableoid AND t.ctid = p.ctid"""
    return ""


def _parked(column: Held, merging: Merging) -> str:
    if column.empties:
        return "NULL"
    if column.length == 1:
        return _PRIVATE_ONE
    if column.length is not None and column.length < _UUID_TEXT_LENGTH:
        return _PRIVATE_TWO
    value = PARKED.get(column.type, "")
    return value.format(quote_pg(column.name), merging.target, merging.staging)
