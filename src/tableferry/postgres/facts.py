"""What PostgreSQL says of itself, and whether it would let us load a table."""

from dataclasses import dataclass
from typing import Final

from tableferry.config import Publish, SslMode, TableSpec
from tableferry.errors import ConfigError
from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.shrink_guard import ANYTHING
from tableferry.postgres.connection import TargetConnection


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """``isolation`` is PostgreSQL's own default for this login."""

    version: str
    encryption: str
    isolation: tuple[str, ...]


def read_facts(connection: TargetConnection) -> TargetFacts:
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
    return TargetFacts(
        version=str(version), encryption=_encryption(connection), isolation=(str(isolation),)
    )


_TRUST: Final = {SslMode.VERIFY_FULL: "verified", SslMode.VERIFY_CA: "verified, its name is not"}


def _encryption(connection: TargetConnection) -> str:
    """Say how this end of the connection is encrypted; a pooler may have another one behind it."""
    if not connection.is_encrypted:
        return "none"
    tls = connection.rows("SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    how = f"{tls[0][0]}, {tls[0][1]}" if tls and tls[0][0] else "TLS"
    trust = _TRUST.get(connection.settings.sslmode, "not verified")
    return f"{how}, certificate {trust}"


_RIGHTS: Final = {
    Publish.TRUNCATE: ("TRUNCATE", "INSERT"),
    Publish.SWAP: ("SELECT",),  # the plan asks for the rest: the owner's rights
    Publish.MERGE: ("SELECT", "INSERT", "UPDATE", "DELETE"),
}
"""What each way of publishing needs of an existing table."""


def require_rights(connection: TargetConnection, spec: TableSpec) -> None:
    """Ask, without trying, for the rights that a full refresh needs; raises ConfigError."""
    names = list(_RIGHTS[spec.publish])
    if spec.max_shrink < ANYTHING and "SELECT" not in names:
        names.append("SELECT")
    rights = connection.rows(
        "SELECT ARRAY(SELECT has_table_privilege(t.oid, one) "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS named (one, place) ORDER BY place) "
        "FROM (SELECT to_regclass(%s) AS oid) t WHERE t.oid IS NOT NULL",
        (names, spec.target.sql),
    )
    if not rights:
        missing = _lacking_to_create(connection, spec.target)
    else:
        missing = [name for name, held in zip(names, rights[0][0], strict=True) if not held]
        missing += _lacking_to_stage(connection) if spec.publish is not Publish.TRUNCATE else []
    if missing:
        counting = ", or set 'max_shrink' to 100: the rows are not counted then"
        raise ConfigError(
            f"{connection.settings.user!r} may not load {spec.target}: it lacks "
            f"{', '.join(missing)} (42501)",
            hint=f"Grant {connection.settings.user!r} these rights"
            + (counting if missing == ["SELECT"] and spec.publish is Publish.TRUNCATE else "")
            + ".",
            code="42501",
        )


def _lacking_to_stage(connection: TargetConnection) -> list[str]:
    sql = (
        "SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'tableferry'"
    )
    # A schema that is not there is the ledger's to make.
    return ["CREATE on the schema tableferry"] if connection.rows(sql) == [(False,)] else []


def _lacking_to_create(connection: TargetConnection, table: TargetTable) -> list[str]:
    may_create = connection.rows(
        "SELECT has_schema_privilege(n.oid, 'CREATE') "
        "FROM (SELECT to_regnamespace(coalesce(%s, quote_ident(current_schema()))) AS oid) n "
        "WHERE n.oid IS NOT NULL",
        (quote_pg(table.schema) if table.schema else None,),
    )
    # A schema that is not there is the plan's to tell.
    return [] if may_create in ([], [(True,)]) else ["CREATE on its schema"]
