"""Choose the isolation under which the source is read. Pure."""

from tableferry.config import Consistency, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql
from tableferry.model.schema import Isolation


def choose_consistency(
    spec: TableSpec, isolation: Isolation, *, in_memory: bool
) -> tuple[Consistency, tuple[str, ...]]:
    """Return the consistency to read with, never ``auto``, and warnings; raises SchemaError.

    With row versions, a statement under READ COMMITTED sees one moment, too. Without them and
    without SNAPSHOT, reading would wait for every writer, so ``auto`` chooses NOLOCK. A
    memory-optimized table versions its rows itself, and takes neither SNAPSHOT (41332) nor NOLOCK
    (10794).
    """
    if in_memory:
        return _in_memory(spec), ()
    database = spec.source.database
    if spec.consistency is Consistency.SNAPSHOT and isolation.known and not isolation.snapshot:
        raise SchemaError(
            f"The database {database} does not allow SNAPSHOT isolation",
            hint=f"ALTER DATABASE {quote_mssql(database)} SET ALLOW_SNAPSHOT_ISOLATION ON, "
            "or choose another 'consistency'.",
        )
    if spec.consistency is not Consistency.AUTO:
        return spec.consistency, ()
    if isolation.snapshot:
        return Consistency.SNAPSHOT, ()
    if isolation.row_versions:
        return Consistency.READ_COMMITTED, ()
    allows = "does not allow" if isolation.known else "does not show whether it allows"
    warning = (
        f"{database} {allows} SNAPSHOT isolation, so rows are read with NOLOCK: "
        "rows that others are changing may be missing, duplicated or uncommitted"
    )
    return Consistency.NOLOCK, (warning,)


def _in_memory(spec: TableSpec) -> Consistency:
    if spec.consistency in {Consistency.SNAPSHOT, Consistency.NOLOCK}:
        raise SchemaError(
            f"{spec.source} is memory-optimized, which does not support 'consistency': "
            f"'{spec.consistency}'",
            hint="Omit 'consistency': such a table is read as of one moment anyway.",
        )
    return Consistency.READ_COMMITTED
