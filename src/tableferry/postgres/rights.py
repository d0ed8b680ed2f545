"""Checks in the catalog, without trying, whether this login may load a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.config import DeleteHandling, TableSpec
from tableferry.errors import ConfigError
from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.planning.guards import ANYTHING
from tableferry.postgres.catalog import create_schema
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish import PublishStrategy

BY_COLUMN: Final = frozenset({"SELECT", "INSERT", "UPDATE"})
"""The rights that may be granted on columns, too."""


@dataclass(frozen=True, slots=True)
class MissingRight:
    """A right that the login lacks; ``on`` and ``grant`` say on what, in words and for GRANT.

    ``columns`` are those of the table that it is lacking on, empty for the whole. ``schema``: the
    right is lacking to create it, and an administrator who does so grants less.
    """

    name: str
    on: str = ""
    grant: str = ""
    columns: tuple[str, ...] = ()
    schema: str = ""

    def __str__(self) -> str:
        if self.on:
            return f"{self.name} on {self.on}"
        listed = f" on {', '.join(map(shown, self.columns))}" if self.columns else ""
        return f"{self.name}{listed}"

    def statement(self, table: TargetTable, role: str) -> str:
        """Return the statement that an administrator runs."""
        if self.schema:
            return create_schema(self.schema, role)
        columns = f" ({', '.join(map(quote_pg, self.columns))})" if self.columns else ""
        return f"GRANT {self.name}{columns} ON {self.grant or table.sql} TO {quote_pg(role)};"


def require_rights(
    connection: TargetConnection,
    spec: TableSpec,
    strategies: Sequence[PublishStrategy],
    columns: Sequence[str] = (),
) -> None:
    """Raise ConfigError unless the login has the rights that one of these strategies needs.

    ``columns`` are the target columns that are loaded; while they are not known, rights on any
    column will do. Strategies are checked in order; the error names the rights that the last one
    lacks, and the hint has the statements that grant them.
    """
    held = _rights(connection, spec, sorted({right for one in strategies for right in one.rights}))
    missing: list[MissingRight] = []
    for strategy in strategies:
        missing = _lacking(connection, spec, strategy, held, columns)
        if not missing:
            return
    role = connection.settings.user
    counting = " Or set 'max_shrink' to 100, which does without counting its rows."
    only_counting = [*map(str, missing)] == ["SELECT"] and "SELECT" not in strategies[-1].rights
    raise ConfigError(
        f"{role!r} may not load {spec.target}: it lacks {', '.join(map(str, missing))} (42501)",
        hint=" ".join(one.statement(spec.target, role) for one in missing)
        + (counting if only_counting else ""),
        code="42501",
    )


_RIGHTS: Final = """\
SELECT named.one, has_table_privilege(t.oid, named.one),
  ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0
    AND NOT a.attisdropped AND named.one = ANY (%(by_column)s::text[])
    AND CASE WHEN named.one = ANY (%(by_column)s::text[])
      THEN has_column_privilege(t.oid, a.attnum, named.one) END)
FROM (SELECT to_regclass(%(table)s) AS oid) t, unnest(%(rights)s::text[]) AS named (one)
WHERE t.oid IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class _Right:
    """Whether the login has a right on the table, else the columns that it has it on."""

    whole: bool
    columns: frozenset[str]

    def lacks(self, columns: Sequence[str]) -> list[str] | None:
        """Return the columns of these that it is lacking on; None where nothing is lacking.

        An empty list: on all of them.
        """
        if self.whole:
            return None
        if not columns:
            return None if self.columns else []
        lacking = [name for name in columns if name not in self.columns]
        return (lacking if len(lacking) < len(columns) else []) if lacking else None


def _rights(
    connection: TargetConnection, spec: TableSpec, rights: Sequence[str]
) -> dict[str, _Right] | None:
    """Return these rights on the table, and SELECT; None if there is no table."""
    parameters = {
        "by_column": sorted(BY_COLUMN),
        "table": spec.target.sql,
        "rights": [*dict.fromkeys((*rights, "SELECT"))],
    }
    found = connection.rows(_RIGHTS, parameters)
    return {name: _Right(whole, frozenset(columns)) for name, whole, columns in found} or None


def _lacking(
    connection: TargetConnection,
    spec: TableSpec,
    strategy: PublishStrategy,
    held: dict[str, _Right] | None,
    columns: Sequence[str],
) -> list[MissingRight]:
    if held is None:
        return _lacking_to_create(connection, spec.target)
    wanted = dict.fromkeys(strategy.rights, columns)
    if spec.deletes.how is DeleteHandling.SOFT and "UPDATE" in held and held["UPDATE"].whole:
        # A mark is an update; what is left for DELETE to allow is to lock the table.
        wanted.pop("DELETE", None)
    if spec.max_shrink < ANYTHING:
        wanted.setdefault("SELECT", ())  # To count rows, one column is enough.
    missing = []
    for name, needed in wanted.items():
        lacking = held[name].lacks(needed)
        if lacking is not None:
            missing.append(MissingRight(name, columns=tuple(lacking)))
    return missing + (_lacking_to_stage(connection) if strategy.staged else [])


def _lacking_to_stage(connection: TargetConnection) -> list[MissingRight]:
    sql = (
        "SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'tableferry'"
    )
    # A missing schema is created by the ledger.
    lacking = MissingRight("CREATE", "the schema tableferry", "SCHEMA tableferry")
    return [lacking] if connection.rows(sql) == [(False,)] else []


def _lacking_to_create(connection: TargetConnection, table: TargetTable) -> list[MissingRight]:
    [(may_create, may_create_schema, schema)] = connection.rows(
        "SELECT has_schema_privilege(to_regnamespace(n.name), 'CREATE'), "
        "has_database_privilege(current_database(), 'CREATE'), n.name "
        "FROM (SELECT coalesce(%s, quote_ident(current_schema())) AS name) n",
        (quote_pg(table.schema) if table.schema else None,),
    )
    if may_create is None and table.schema:  # the load creates the schema as well
        on = "the database, for its missing schema"
        lacking = MissingRight("CREATE", on, schema=table.schema)
        return [] if may_create_schema else [lacking]
    lacking = MissingRight("CREATE", "its schema", f"SCHEMA {schema}")
    return [lacking] if may_create is False else []
