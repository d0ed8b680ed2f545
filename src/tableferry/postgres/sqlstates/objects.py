"""SQLSTATEs about tables, columns, roles and rights: the target does not have what is needed."""

from typing import Final

from tableferry.errors import ConfigError, SchemaError, TransientError
from tableferry.postgres.sqlstates.meaning import AGAIN, LOG, ROLLED_BACK, Meaning, states

_TARGET: Final = "Check the table's configuration against the target."
_CHANGED: Final = f"The table was changed after the plan was made, or is another. {_TARGET}"
_POOLER: Final = (
    "A pooler gave this statement a session of another client: see its pool mode and "
    "max_prepared_statements. Nothing was changed."
)

OBJECTS: Final[tuple[Meaning, ...]] = (
    *states(
        SchemaError,
        "This PostgreSQL does not support it. TRUNCATE refuses a table that other tables' foreign "
        "keys reference, COPY one with row-level security; a server built without libxml has no "
        "values of type xml (use text).",
        "0A PostgreSQL does not support what the table needs",
        passes=True,
    ),
    *states(
        ConfigError,
        "The role of PG_USER may not pass on this right: let the table's owner grant it.",
        "0L a right cannot be granted by this role",
        passes=True,
    ),
    *states(
        ConfigError,
        "Check the role of PG_USER, and what ALTER ROLE ... SET role says of it.",
        "0P a role does not exist or is not allowed here",
        passes=True,
    ),
    *states(
        SchemaError,
        f"An object that depends on the table was created during the load. {AGAIN}",
        "2B other objects depend on what would be dropped",
        passes=True,
    ),
    *states(ConfigError, "Check PG_DB.", "3D there is no such database", passes=True),
    *states(
        ConfigError,
        "Create the schema that 'pg_table' names.",
        "3F there is no such schema",
        passes=True,
    ),
    *states(
        SchemaError,
        _TARGET,
        "42 a statement does not fit the target's tables and columns",
        "42846 a type cannot be converted to the column's type",
        "42804 an expression has another type than its column",
        "42P16 the table cannot be defined like this",
        "42P17 the object cannot be defined like this",
        "42611 a column cannot be defined like this",
        "42830 a foreign key cannot be defined like this",
        "42P21 two collations do not match",
        "42P22 no collation can be determined",
        "42P10 no unique constraint or index fits the key",
        "42622 a name is longer than PostgreSQL allows",
        "42939 a name is reserved",
        "42602 a name is not valid",
        passes=True,
    ),
    *states(
        SchemaError,
        _CHANGED,
        "42703 a column does not exist",
        "42701 a column exists twice",
        "42704 an object, such as a type or a collation, does not exist",
        "42710 an object exists already",
        "42P07 a table or an index exists already",
        "42P06 a schema exists already",
        "42809 the object is of another kind, such as a view",
        "42883 a function or an operator does not exist",
        passes=True,
    ),
    *states(
        SchemaError,
        "Check 'pg_table' in the configuration.",
        "42P01 the table does not exist",
        passes=True,
    ),
    *states(
        SchemaError,
        f"Leave the column out with 'exclude'. {ROLLED_BACK}",
        "428C9 a generated column cannot be given values",
        passes=True,
    ),
    *states(
        ConfigError,
        "Grant PG_USER what it lacks: TRUNCATE, INSERT and SELECT on the table, CREATE on its "
        "schema where the table is missing.",
        "42501 a right is missing",
        passes=True,
    ),
    *states(
        ConfigError,
        _POOLER,
        "26 a prepared statement does not exist",
        "42P05 a prepared statement exists already",
        passes=True,
    ),
    *states(
        SchemaError,
        f"The table's state does not allow this. {ROLLED_BACK}",
        "55 an object is not in the state that a statement needs",
        "55P04 a new value of an enum cannot be used yet",
        passes=True,
    ),
    *states(
        TransientError,
        f"Another session held the table. {AGAIN}",
        "55P03 a lock was not available in time",
        "55006 an object is in use by another session",
        passes=True,
    ),
    *states(
        ConfigError,
        "A setting that PG_USER or PG_DB has is fixed at the server's start: remove it from ALTER "
        "ROLE and ALTER DATABASE ... SET.",
        "55P02 a setting cannot be changed now",
        passes=True,
    ),
    *states(
        SchemaError,
        f"The target is a foreign table, or has one as a partition. {LOG} {ROLLED_BACK}",
        "HV a foreign server refused the statement",
    ),
    *states(
        TransientError,
        f"The target is a foreign table, or has one as a partition. {AGAIN}",
        "HV00N a foreign server cannot be reached",
        "HV001 a foreign server is out of memory",
    ),
)  # fmt: skip
"""What the target lacks, or what stands in the way."""
