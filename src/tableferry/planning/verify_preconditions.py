"""Check whether what a load publishes can be verified, and repaired, as the entry asks. Pure."""

from collections.abc import Sequence

from tableferry.config import Consistency, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql


def require_verifiable(
    spec: TableSpec, consistency: Consistency, key: Sequence[str]
) -> tuple[str, ...]:
    """Refuse repairs of a table without a key; return warnings. Raises SchemaError.

    ``key`` are the target columns of the key; ``consistency`` is what the rows are read with.
    """
    if spec.repair and not key:
        raise SchemaError(
            f"{spec.source} has no key to repair single rows by",
            hint="Name one in 'primary_key' whose columns are carried, or omit 'repair'.",
        )
    if spec.verify is None or consistency is not Consistency.NOLOCK:
        return ()
    allow = f"ALTER DATABASE {quote_mssql(spec.source.database)} SET ALLOW_SNAPSHOT_ISOLATION ON"
    warning = (
        f"{spec.source} is verified with READ COMMITTED, which waits for those who change rows, "
        f"since NOLOCK proves nothing. Neither is needed after: {allow}"
    )
    return (warning,)
