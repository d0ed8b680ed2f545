"""Checks in the catalog, without trying, whether this login may load a table."""

from collections.abc import Sequence

from tableferry.config import TableSpec
from tableferry.errors import ConfigError
from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.shrink_guard import ANYTHING
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish import PublishStrategy


def require_rights(
    connection: TargetConnection, spec: TableSpec, strategies: Sequence[PublishStrategy]
) -> None:
    """Raise ConfigError unless the login has the rights that one of these strategies needs.

    Strategies are checked in order; the error names the rights that the last one lacks.
    """
    held = _rights(connection, spec, sorted({right for one in strategies for right in one.rights}))
    missing: list[str] = []
    for strategy in strategies:
        missing = _lacking(connection, spec, strategy, held)
        if not missing:
            return
    counting = ", or set 'max_shrink' to 100, which does without counting its rows"
    only_counting = missing == ["SELECT"] and "SELECT" not in strategies[-1].rights
    raise ConfigError(
        f"{connection.settings.user!r} may not load {spec.target}: it lacks "
        f"{', '.join(missing)} (42501)",
        hint=f"Grant {connection.settings.user!r} these rights"
        + (counting if only_counting else "")
        + ".",
        code="42501",
    )


def _rights(
    connection: TargetConnection, spec: TableSpec, rights: Sequence[str]
) -> dict[str, bool] | None:
    """Return which of these rights on the table the login has, None if there is no table."""
    names = [*rights, "SELECT"]
    found = connection.rows(
        "SELECT ARRAY(SELECT has_table_privilege(t.oid, one) "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS named (one, place) ORDER BY place) "
        "FROM (SELECT to_regclass(%s) AS oid) t WHERE t.oid IS NOT NULL",
        (names, spec.target.sql),
    )
    return dict(zip(names, found[0][0], strict=True)) if found else None


def _lacking(
    connection: TargetConnection,
    spec: TableSpec,
    strategy: PublishStrategy,
    held: dict[str, bool] | None,
) -> list[str]:
    if held is None:
        return _lacking_to_create(connection, spec.target)
    names = list(strategy.rights)
    if spec.max_shrink < ANYTHING and "SELECT" not in names:
        names.append("SELECT")
    missing = [name for name in names if not held[name]]
    return missing + (_lacking_to_stage(connection) if strategy.staged else [])


def _lacking_to_stage(connection: TargetConnection) -> list[str]:
    sql = (
        "SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'tableferry'"
    )
    # A missing schema is created by the ledger.
    return ["CREATE on the schema tableferry"] if connection.rows(sql) == [(False,)] else []


def _lacking_to_create(connection: TargetConnection, table: TargetTable) -> list[str]:
    may_create = connection.rows(
        "SELECT has_schema_privilege(n.oid, 'CREATE') "
        "FROM (SELECT to_regnamespace(coalesce(%s, quote_ident(current_schema()))) AS oid) n "
        "WHERE n.oid IS NOT NULL",
        (quote_pg(table.schema) if table.schema else None,),
    )
    # A missing schema is reported by the plan.
    return [] if may_create in ([], [(True,)]) else ["CREATE on its schema"]
