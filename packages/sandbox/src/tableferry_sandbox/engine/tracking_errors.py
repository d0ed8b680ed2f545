"""SQL Server's errors about Change Tracking, with the numbers and texts of ``sys.messages``."""

from tableferry_sandbox.events import SqlError


def database_off(database: str, table: str) -> SqlError:
    """Return error 1718: ENABLE CHANGE_TRACKING where the database does not track changes."""
    return SqlError(
        1718,
        f"Change tracking must be enabled on database '{database}' before it can be enabled on "
        f"table '{table}'.",
    )


def key_needed(constraint: str, table: str) -> SqlError:
    """Return error 3735: the primary key of a tracked table cannot be dropped."""
    return SqlError(
        3735,
        f"The primary key constraint '{constraint}' on table '{table}' cannot be dropped because "
        "change tracking is enabled on the table. Change tracking requires a primary key "
        "constraint on the table. Disable change tracking before dropping the constraint.",
    )


def table_on_already(table: str) -> SqlError:
    """Return error 4996."""
    return SqlError(4996, f"Change tracking is already enabled for table '{table}'.")


def no_key(table: str) -> SqlError:
    """Return error 4997: only a table with a primary key can be tracked."""
    return SqlError(
        4997,
        f"Cannot enable change tracking on table '{table}'. Change tracking requires a primary key "
        "on the table. Create a primary key on the table before enabling change tracking.",
    )


def table_off_already(table: str) -> SqlError:
    """Return error 4998, of DISABLE CHANGE_TRACKING."""
    return SqlError(4998, f"Change tracking is not enabled on table '{table}'.")


def database_on_already(database: str) -> SqlError:
    """Return error 5088."""
    return SqlError(5088, f"Change tracking is already enabled for database '{database}'.")


def database_off_already(database: str) -> SqlError:
    """Return error 5089."""
    return SqlError(
        5089,
        f"Change tracking is disabled for database '{database}'. Change tracking must be enabled "
        "on a database to modify change tracking settings.",
    )


def system_database(database: str) -> SqlError:
    """Return error 5090."""
    return SqlError(
        5090,
        f"Database '{database}' is a system database. Change tracking settings cannot be modified "
        "for system databases.",
    )


def repeated(option: str) -> SqlError:
    """Return error 5091."""
    return SqlError(
        5091,
        f"ALTER DATABASE change tracking option '{option.upper()}' was specified more than once. "
        "Each option can be specified only once.",
        severity=15,
    )


def invalid_retention() -> SqlError:
    """Return error 5092."""
    return SqlError(
        5092,
        "The value for change tracking option 'CHANGE_RETENTION' is not valid. The value must be "
        "between 1 and 2147483647 minutes.",
        severity=15,
    )


def unknown_unit(unit: str) -> SqlError:
    """Return error 155, for a unit of CHANGE_RETENTION."""
    return SqlError(
        155, f"'{unit}' is not a recognized CHANGE RETENTION UNIT option.", severity=15, state=2
    )


def not_aliased() -> SqlError:
    """Return error 22104."""
    return SqlError(22104, "A table returned by the CHANGETABLE function must be aliased.")


def table_off(table: str) -> SqlError:
    """Return error 22105, of CHANGETABLE."""
    return SqlError(22105, f"Change tracking is not enabled on table '{table}'.")


def not_a_table(name: str) -> SqlError:
    """Return error 22107: CHANGETABLE of a view or a temporary table."""
    return SqlError(
        22107,
        f"Object '{name}' is of a data type that is not supported by the CHANGETABLE function. The "
        "object must be a user-defined table.",
    )


def context_of_select() -> SqlError:
    """Return error 22108."""
    return SqlError(
        22108, "The CHANGE_TRACKING_CONTEXT WITH clause cannot be used with a SELECT statement."
    )


def wrong_context() -> SqlError:
    """Return error 22109."""
    return SqlError(
        22109,
        'The "context" argument for the CHANGE_TRACKING_CONTEXT WITH clause must be of type '
        "varbinary data type with a maximum length of 128.",
    )


def version_arguments() -> SqlError:
    """Return error 22103."""
    return SqlError(
        22103,
        "The arguments supplied are not valid for the VERSION option of the CHANGETABLE function.",
    )


def key_length(table: str) -> SqlError:
    """Return error 22110."""
    return SqlError(
        22110,
        "The number of columns specified in the CHANGETABLE(VERSION ...) function does not match "
        f"the number of primary key columns for table '{table}'.",
    )


def not_in_key(column: str, table: str) -> SqlError:
    """Return error 22111."""
    return SqlError(
        22111,
        f"The column '{column}' specified in the CHANGETABLE(VERSION ...) function is not part of "
        f"the primary key for table '{table}'.",
    )


def key_repeated(column: str) -> SqlError:
    """Return error 22112."""
    return SqlError(
        22112,
        "Each primary key column must be specified once in the CHANGETABLE(VERSION ...) function. "
        f"The column '{column}' is specified more than once.",
    )


def combined() -> SqlError:
    """Return error 22114."""
    return SqlError(
        22114,
        "Change tracking options for ALTER DATABASE cannot be combined with other ALTER DATABASE "
        "options.",
    )


def tables_on(database: str) -> SqlError:
    """Return error 22115: CHANGE_TRACKING = OFF while tables are tracked."""
    return SqlError(
        22115,
        f"Change tracking is enabled for one or more tables in database '{database}'. Disable "
        "change tracking on each table before disabling it for the database. Use the "
        "sys.change_tracking_tables catalog view to obtain a list of tables for which change "
        "tracking is enabled.",
    )
