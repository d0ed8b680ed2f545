"""Whether rows of a target table can be changed in place, from PostgreSQL's catalog."""

from collections.abc import Sequence
from typing import Final, LiteralString

from tableferry.config import DeleteHandling, OnInvalid
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.schema import Obstacle
from tableferry.planning.choose_strategy import Candidate, Suitability
from tableferry.postgres.catalog import Look
from tableferry.postgres.publish.replica_identity import UNPUBLISHABLE

_OBSTACLES: Final[LiteralString] = """\
SELECT 'always', a.attname::text FROM pg_attribute a
WHERE a.attrelid = %(oid)s AND a.attidentity = 'a' AND NOT a.attisdropped
UNION ALL
SELECT 'rule', r.rulename::text FROM pg_rewrite r
WHERE r.ev_class = %(oid)s AND r.ev_type IN ('2', '3', '4') AND r.ev_enabled IN ('O', 'A')
UNION ALL
SELECT 'trigger', g.tgname::text FROM pg_trigger g
WHERE g.tgrelid = %(oid)s AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
  AND g.tgtype & 3 = 3 AND g.tgtype & 24 <> 0
UNION ALL
SELECT 'cascade', format('%%s of %%s, ON DELETE %%s', k.conname, k.conrelid::regclass, a.action)
FROM pg_constraint k JOIN (VALUES ('c'::"char", 'CASCADE'), ('n', 'SET NULL'),
  ('d', 'SET DEFAULT')) AS a (code, action) ON a.code = k.confdeltype
WHERE k.confrelid = %(oid)s AND k.conrelid <> %(oid)s AND k.contype = 'f'
UNION ALL
SELECT 'right', 'DELETE on it' WHERE NOT has_table_privilege(%(oid)s::oid, 'DELETE')
UNION ALL
SELECT 'in part', 'UPDATE' WHERE NOT has_table_privilege(%(oid)s::oid, 'UPDATE')
UNION ALL
SELECT 'right on', format('%%s %%s', named.one, a.attname)
FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS named (one), pg_attribute a
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
  AND NOT has_column_privilege(a.attrelid, a.attnum, named.one)
UNION ALL
SELECT 'right', 'CREATE on the schema tableferry' FROM pg_namespace n
WHERE n.nspname = 'tableferry' AND NOT has_schema_privilege(n.oid, 'CREATE')
ORDER BY 1, 2"""
"""``always``: columns that PostgreSQL alone numbers; ``rule``: enabled rules that rewrite an INSERT
(``ev_type`` 3), UPDATE (2) or DELETE (4); ``trigger``: enabled ones that run before a row is
updated or deleted (``tgtype``: 1 for each row, 2 before, 8 delete, 16 update, pg_trigger.h);
``cascade``: other tables' foreign keys by which a deleted row changes rows there; ``right``: what
this login lacks, ``right on``: the right and the column that it lacks it on; ``in part``: a right
that it lacks on the table, though it may have it on columns."""

_DELETING: Final = "DELETE on it"

LARGE_BYTES: Final = 64 * 1024 * 1024
"""From this size on ``auto`` does not lock readers out during a load: about half a million rows of
nine columns, which TRUNCATE and COPY into a keyed table take a second or two for."""

SMALL_BYTES: Final = 2 * 1024 * 1024
SMALL_ROWS: Final = 20_000
"""Up to this size ``auto`` merges a table that it could swap: to make another table, with its
indexes, statistics and rights, costs more than to compare so many rows (see decision 63)."""

LOOK: Final = Look(lambda _version: f"{UNPUBLISHABLE}\nUNION ALL\n{_OBSTACLES}")
"""What matters to a merge into a table."""


def check(candidate: Candidate) -> tuple[str, ...]:
    """Return warnings; raises SchemaError where a merge would fail or not do what it says."""
    table = candidate.spec.target
    obstacles = candidate.obstacles("merge")
    loaded = [column.target.name for column in candidate.columns]
    numbered = [name for name in _names(obstacles, "always") if name in loaded]
    if numbered := [name for name in numbered if name not in candidate.key]:
        raise SchemaError(
            f"PostgreSQL numbers {', '.join(map(shown, numbered))} of {table} itself "
            "(GENERATED ALWAYS) and lets no row's number be changed, as a merge may have to",
            hint="Make it part of 'primary_key', or ALTER TABLE ... ALTER COLUMN ... SET GENERATED "
            "BY DEFAULT; or use 'publish': 'truncate' or 'swap'.",
        )
    if rules := _names(obstacles, "rule"):
        raise SchemaError(
            f"Rules rewrite what is written into {table}: {', '.join(map(shown, rules))}; "
            "a merge would not do what it says",
            hint="Use 'publish': 'truncate' or 'swap', which rules do not touch, or make the rules "
            "triggers.",
        )
    if unidentified := _names(obstacles, "unidentified"):
        raise SchemaError(
            f"PostgreSQL updates and deletes no row of {table}, which is published without a "
            f"replica identity: {', '.join(map(shown, unidentified))}",
            hint="Give it a primary key, or ALTER TABLE ... REPLICA IDENTITY USING INDEX or FULL; "
            "or use 'publish': 'truncate'.",
        )
    if uncovered := _names(obstacles, "uncovered"):
        raise SchemaError(
            f"PostgreSQL updates and deletes no row of {table}, whose replica identity is not "
            f"covered by its publication: {', '.join(map(shown, uncovered))}",
            hint="Publish all columns of the replica identity, and use no others in the "
            "publication's WHERE (ALTER PUBLICATION ... SET TABLE); or use 'publish': 'truncate'.",
        )
    warnings = [
        f"the trigger {shown(name)} of {table} runs before rows are updated or deleted, and "
        "may change or keep them"
        for name in _names(obstacles, "trigger")
    ]
    if not candidate.spec.deletes.keeps_rows:
        warnings += [
            f"rows that the source no longer has take rows of other tables with them: {name}"
            for name in _names(obstacles, "cascade")
        ]
    return tuple(warnings)


def suits(candidate: Candidate) -> Suitability:
    """Say whether a merge is worth its second copy of the rows: readers never wait for it."""
    try:
        warnings = check(candidate)
    except SchemaError as error:
        return Suitability(suits=False, reason=error.message)
    if lacking := _lacking(candidate):
        return Suitability(suits=False, reason=f"this login lacks {', '.join(lacking)}")
    if candidate.spec.deletes.keeps_rows:
        return Suitability(suits=True, reason="rows that the source has deleted stay")
    if candidate.target.referenced_by:
        return Suitability(suits=True, reason="foreign keys of other tables point to it")
    if _is_small(candidate) and not (warnings or _does_more(candidate)):
        reason = "the table is small, and only what differs is written"
        return Suitability(suits=True, reason=reason, is_best=True)
    if candidate.target.bytes >= LARGE_BYTES:
        return Suitability(suits=True, reason="the table is large, and readers never wait")
    return Suitability(
        suits=False, reason="the table is small, and no foreign key of another table points to it"
    )


def _does_more(candidate: Candidate) -> bool:
    """Whether a swap would do more: keep something up to date, or set more refused rows aside."""
    sets_aside = candidate.spec.on_invalid is OnInvalid.QUARANTINE
    return sets_aside or bool(candidate.obstacles("swap"))


def _is_small(candidate: Candidate) -> bool:
    """Whether it has few rows, and will have few, as far as the source's catalog knows."""
    is_small = candidate.target.bytes <= SMALL_BYTES
    return is_small and candidate.rows is not None and candidate.rows <= SMALL_ROWS


def _lacking(candidate: Candidate) -> list[str]:
    """Return the rights that this login lacks on the table, or on columns that are loaded."""
    obstacles = candidate.obstacles("merge")
    loaded = [column.target.name for column in candidate.columns]
    if candidate.spec.deletes.column:
        loaded.append(candidate.spec.deletes.column)
    named = [name.split(" ", 1) for name in _names(obstacles, "right on")]
    lacking: dict[str, list[str]] = {}
    for right, column in named:
        if column in loaded:
            lacking.setdefault(right, []).append(column)
    on_columns = [
        f"{right} on {'it' if len(names) == len(loaded) else ', '.join(map(shown, names))}"
        for right, names in lacking.items()
    ]
    on_table = _names(obstacles, "right")
    if candidate.spec.deletes.how is DeleteHandling.SOFT and not _names(obstacles, "in part"):
        # A mark is an update; what is left for DELETE to allow is to lock the table.
        on_table = [right for right in on_table if right != _DELETING]
    return sorted(on_columns + on_table)


def _names(obstacles: Sequence[Obstacle], kind: str) -> list[str]:
    return [obstacle.name for obstacle in obstacles if obstacle.kind == kind]
