"""What PostgreSQL says of itself, and whether it would let us load a table."""

from dataclasses import dataclass

from tableferry.errors import ConfigError
from tableferry.identifiers import TargetTable, quote_pg
from tableferry.target.connection import TargetConnection


@dataclass(frozen=True, slots=True)
class Facts:
    """``isolation`` is PostgreSQL's own default for this login."""

    version: str
    encryption: str
    isolation: tuple[str, ...]


def read_facts(connection: TargetConnection) -> Facts:
    """Ask for version and encryption; raises ConfigError on a read replica."""
    version, replica, isolation = connection.rows(
        "SELECT version(), pg_is_in_recovery(), current_setting('default_transaction_isolation')"
    )[0]
    if replica:
        raise ConfigError(
            f"{connection.settings} is a read replica (25006)",
            hint="PG_HOST must name the primary.",
            code="25006",
        )
    tls = connection.rows("SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    encrypted = tls and tls[0][0]
    return Facts(
        version=str(version),
        encryption=f"{tls[0][0]}, {tls[0][1]}" if encrypted else "none",
        isolation=(str(isolation),),
    )


def require_rights(connection: TargetConnection, table: TargetTable) -> None:
    """Ask, without trying, for the rights that a full refresh needs; raises ConfigError."""
    rights = connection.rows(
        "SELECT has_table_privilege(t.oid, 'TRUNCATE'), has_table_privilege(t.oid, 'INSERT') "
        "FROM (SELECT to_regclass(%s) AS oid) t WHERE t.oid IS NOT NULL",
        (table.sql,),
    )
    if not rights:
        may_create = connection.rows(
            "SELECT has_schema_privilege(n.oid, 'CREATE') "
            "FROM (SELECT to_regnamespace(coalesce(%s, quote_ident(current_schema()))) AS oid) n "
            "WHERE n.oid IS NOT NULL",
            (quote_pg(table.schema) if table.schema else None,),
        )
        # A schema that is not there is the plan's to tell.
        missing = [] if may_create in ([], [(True,)]) else ["CREATE on its schema"]
    else:
        missing = [
            name for name, held in zip(("TRUNCATE", "INSERT"), rights[0], strict=True) if not held
        ]
    if missing:
        raise ConfigError(
            f"{connection.settings.user!r} may not load {table}: it lacks {', '.join(missing)} "
            "(42501)",
            hint=f"Grant {connection.settings.user!r} these rights.",
            code="42501",
        )
