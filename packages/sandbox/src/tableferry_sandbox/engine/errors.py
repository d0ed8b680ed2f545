"""SQL Server's errors, with the numbers and texts of ``sys.messages``."""

from tableferry_sandbox.events import SqlError


def syntax_near(text: str, line: int, *, keyword: bool) -> SqlError:
    """Return error 156 near a reserved word, 102 near anything else."""
    if keyword:
        return SqlError(156, f"Incorrect syntax near the keyword '{text}'.", severity=15, line=line)
    return SqlError(102, f"Incorrect syntax near '{text}'.", severity=15, line=line)


def unsupported(what: str) -> SqlError:
    """Return the refusal of something that real SQL Server may know and the sandbox does not."""
    return SqlError(50000, f"The sandbox does not support {what}.")


def invalid_column(name: str) -> SqlError:
    """Return error 207."""
    return SqlError(207, f"Invalid column name '{name}'.")


def unbound_identifier(name: str) -> SqlError:
    """Return error 4104, for a qualified name that no source answers to."""
    return SqlError(4104, f'The multi-part identifier "{name}" could not be bound.')


def ambiguous_column(name: str) -> SqlError:
    """Return error 209."""
    return SqlError(209, f"Ambiguous column name '{name}'.")


def invalid_object(name: str) -> SqlError:
    """Return error 208."""
    return SqlError(208, f"Invalid object name '{name}'.")


def object_exists(name: str) -> SqlError:
    """Return error 2714."""
    return SqlError(2714, f"There is already an object named '{name}' in the database.", state=6)


def cannot_drop(kind: str, name: str) -> SqlError:
    """Return error 3701."""
    return SqlError(
        3701,
        f"Cannot drop the {kind} '{name}', because it does not exist or you do not have "
        f"permission.",
        severity=11,
        state=5,
    )


def unknown_database(name: str) -> SqlError:
    """Return error 911."""
    return SqlError(
        911,
        f"Database '{name}' does not exist. Make sure that the name is entered correctly.",
    )


def unknown_type(name: str) -> SqlError:
    """Return error 243."""
    return SqlError(243, f"Type {name} is not a defined system type.")


def unknown_function(name: str) -> SqlError:
    """Return error 195."""
    return SqlError(195, f"'{name}' is not a recognized built-in function name.", severity=15)


def wrong_argument_count(name: str, count: int) -> SqlError:
    """Return error 174."""
    return SqlError(174, f"The {name} function requires {count} argument(s).", severity=15)


def undeclared(name: str) -> SqlError:
    """Return error 137."""
    return SqlError(137, f'Must declare the scalar variable "{name}".', severity=15, state=2)


def operand_clash(left: str, right: str) -> SqlError:
    """Return error 206."""
    return SqlError(206, f"Operand type clash: {left} is incompatible with {right}", state=2)


def invalid_operator(left: str, right: str, operator: str) -> SqlError:
    """Return error 402."""
    return SqlError(
        402,
        f"The data types {left} and {right} are incompatible in the {operator} operator.",
    )


def no_explicit_conversion(source: str, target: str) -> SqlError:
    """Return error 529."""
    return SqlError(
        529, f"Explicit conversion from data type {source} to {target} is not allowed.", state=2
    )


def no_implicit_conversion(source: str, target: str) -> SqlError:
    """Return error 257."""
    return SqlError(
        257,
        f"Implicit conversion from data type {source} to {target} is not allowed. "
        "Use the CONVERT function to run this query.",
        state=3,
    )


def null_not_allowed(column: str, table: str, verb: str) -> SqlError:
    """Return error 515; ``verb`` is INSERT or UPDATE."""
    return SqlError(
        515,
        f"Cannot insert the value NULL into column '{column}', table '{table}'; "
        f"column does not allow nulls. {verb} fails.",
        state=2,
    )


def duplicate_key(
    constraint: str, table: str, values: str, *, index: bool, primary: bool
) -> SqlError:
    """Return error 2627 for a constraint, 2601 for a unique index."""
    if index:
        text = (
            f"Cannot insert duplicate key row in object '{table}' with unique index "
            f"'{constraint}'. The duplicate key value is ({values})."
        )
        return SqlError(2601, text, severity=14)
    kind = "PRIMARY KEY" if primary else "UNIQUE KEY"
    text = (
        f"Violation of {kind} constraint '{constraint}'. Cannot insert duplicate key in object "
        f"'{table}'. The duplicate key value is ({values})."
    )
    return SqlError(2627, text, severity=14)


def truncated(table: str, column: str, value: str) -> SqlError:
    """Return error 2628."""
    return SqlError(
        2628,
        f"String or binary data would be truncated in table '{table}', column '{column}'. "
        f"Truncated value: '{value}'.",
    )


def snapshot_not_allowed(database: str) -> SqlError:
    """Return error 3952."""
    return SqlError(
        3952,
        f"Snapshot isolation transaction failed accessing database '{database}' because snapshot "
        "isolation is not allowed in this database. Use ALTER DATABASE to allow snapshot "
        "isolation.",
    )


def snapshot_not_begun(database: str) -> SqlError:
    """Return error 3951."""
    return SqlError(
        3951,
        f"Transaction failed in database '{database}' because the statement was run under snapshot "
        "isolation but the transaction did not start in snapshot isolation. You cannot change the "
        "isolation level of the transaction to snapshot after the transaction has started unless "
        "the transaction was originally started under snapshot isolation level.",
    )


def altered_since_snapshot(database: str) -> SqlError:
    """Return error 3961."""
    return SqlError(
        3961,
        f"Snapshot isolation transaction failed in database '{database}' because the object "
        "accessed by the statement has been modified by a DDL statement in another concurrent "
        "transaction since the start of this transaction. It is disallowed because the metadata "
        "is not versioned. A concurrent update to metadata can lead to inconsistency if mixed with "
        "snapshot isolation.",
    )


def update_conflict(table: str, database: str) -> SqlError:
    """Return error 3960."""
    return SqlError(
        3960,
        "Snapshot isolation transaction aborted due to update conflict. You cannot use "
        f"snapshot isolation to access table '{table}' directly or "
        f"indirectly in database '{database}' to update, delete, or insert the "
        "row that has been modified or deleted by another transaction. Retry the "
        "transaction or change the isolation level for the update/delete statement.",
        state=2,
    )


def lock_timeout() -> SqlError:
    """Return error 1222."""
    return SqlError(1222, "Lock request time out period exceeded.", state=51)


def deadlock(session_id: int) -> SqlError:
    """Return error 1205."""
    return SqlError(
        1205,
        f"Transaction (Process ID {session_id}) was deadlocked on lock resources with another "
        "process and has been chosen as the deadlock victim. Rerun the transaction.",
        severity=13,
        state=51,
    )


def cancelled() -> SqlError:
    """Return the error that ends a batch after an attention; clients see the attention instead."""
    return SqlError(3617, "The command was cancelled by the client.", severity=11)


def disabled_index(index: str, holder: str) -> SqlError:
    """Return error 8655, for rows that only a disabled clustered index leads to."""
    return SqlError(
        8655,
        f"The query processor is unable to produce a plan because the index '{index}' on table or "
        f"view '{holder}' is disabled.",
    )


def read_only_database(name: str) -> SqlError:
    """Return error 3906."""
    return SqlError(3906, f'Failed to update database "{name}" because the database is read-only.')
