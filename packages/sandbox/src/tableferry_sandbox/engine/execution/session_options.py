"""SET and ALTER DATABASE ... SET."""

import contextlib
from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.errors import unknown_database, unsupported
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import Event, LanguageChanged, SqlError, StatementDone

_FIXED: Final = {
    "ansi_nulls": "on", "ansi_padding": "on", "ansi_warnings": "on", "arithabort": None,
    "concat_null_yields_null": "on", "numeric_roundabort": "off", "ansi_null_dflt_on": None,
    "ansi_null_dflt_off": None, "ansi_defaults": None, "cursor_close_on_commit": None,
    "implicit_transactions": "off", "datefirst": "7", "dateformat": "mdy", "fmtonly": "off",
    "noexec": "off", "parseonly": "off", "showplan_all": "off", "showplan_text": "off",
    "showplan_xml": "off", "statistics io": None, "statistics time": None, "statistics xml": "off",
    "statistics profile": "off", "arithignore": "off",
    "query_governor_cost_limit": None, "context_info": "", "forceplan": None, "fips_flagger": "off",
    "remote_proc_transactions": "off", "offsets": "",
}  # fmt: skip
"""Options with a single supported value; None accepts any value, without effect."""

_LEVELS: Final = frozenset(
    {"read uncommitted", "read committed", "repeatable read", "serializable", "snapshot"}
)
_LANGUAGES: Final = frozenset({"us_english", "english", "n'us_english'"})


def set_option(  # noqa: C901 - one branch for each kind of option
    session: SessionState, statement: st.SetOption
) -> Iterator[Event]:
    """SET option value; raises 195 for an unknown one, 50000 for a value it does not implement."""
    option, value = statement.option, statement.value
    if option.startswith("identity_insert "):
        _identity_insert(session, option.removeprefix("identity_insert "), value)
    elif option == "transaction isolation level":
        if value not in _LEVELS:
            raise SqlError(102, f"Incorrect syntax near '{value}'.", severity=15)
        session.options[option] = value
    elif option == "language":
        if value not in _LANGUAGES:
            raise unsupported(f"the language {value}: only us_english")
        yield LanguageChanged("us_english")
    elif option in ("nocount", "xact_abort", "quoted_identifier"):
        if value not in ("on", "off"):
            raise SqlError(102, f"Incorrect syntax near '{value}'.", severity=15)
        session.options[option] = value
    elif option in ("lock_timeout", "textsize", "rowcount"):
        _number(session, option, value)
    elif option in _FIXED:
        wanted = _FIXED[option]
        if wanted is not None and value != wanted:
            raise unsupported(f"SET {option.upper()} {value.upper()}")
        session.options[option] = value
    elif option == "deadlock_priority":
        priority = _priority(value)
        session.options[option] = str(priority)
        session.server.store.versions.set_deadlock_priority(session.session_id, priority)
    else:
        raise SqlError(195, f"'{option.upper()}' is not a recognized SET option.", severity=15)
    yield StatementDone(None, "SET")


def _number(session: SessionState, option: str, value: str) -> None:
    if value.startswith("@"):
        found = session.variables.get(value.lower())
        value = str(found[1]) if found else value
    try:
        number = int(value)
    except ValueError:
        raise SqlError(102, f"Incorrect syntax near '{value}'.", severity=15) from None
    if option == "rowcount" and number:
        raise unsupported("SET ROWCOUNT other than 0; use TOP")
    if option == "textsize" and number == 0:
        number = 4096
    session.options[option] = str(number)


def _priority(value: str) -> int:
    """Return the number of LOW, NORMAL, HIGH, or of -10 to 10; raises 102."""
    number = {"low": -5, "normal": 0, "high": 5}.get(value)
    with contextlib.suppress(ValueError):
        number = int(value) if number is None else number
    if number is None or not -10 <= number <= 10:
        raise SqlError(102, f"Incorrect syntax near '{value}'.", severity=15)
    return number


def _identity_insert(session: SessionState, name: str, value: str) -> None:
    table = session.find_object(split_name(name))
    if not isinstance(table, Table):
        raise SqlError(
            1088,
            f'Cannot find the object "{name}" because it does not exist or you do not have '
            "permissions.",
        )
    if table.identity is None:
        raise SqlError(
            8106,
            f"Table '{table.schema}.{table.name}' does not have the identity property. Cannot "
            "perform SET operation.",
        )
    if value == "on":
        other = session.identity_insert
        if other is not None and other is not table:
            raise SqlError(
                8107,
                f"IDENTITY_INSERT is already ON for table '{other.full_name}'. Cannot perform SET "
                f"operation for table '{table.schema}.{table.name}'.",
            )
        session.identity_insert = table
    elif session.identity_insert is table:
        session.identity_insert = None


_WITHOUT_EFFECT: Final = frozenset({
    "recovery", "single_user", "multi_user", "auto_close", "auto_shrink", "online",
    "auto_update_statistics", "auto_create_statistics", "auto_update_statistics_async",
    "page_verify", "torn_page_detection", "query_store", "optimized_locking",
    "accelerated_database_recovery", "delayed_durability", "target_recovery_time", "trustworthy",
    "db_chaining", "parameterization", "date_correlation_optimization", "recursive_triggers",
    "enable_broker", "disable_broker", "new_broker", "honor_broker_priority", "cursor_default",
    "mixed_page_allocation", "temporal_history_retention",
    # What a connection sets, as every client does, wins over these.
    "ansi_nulls", "ansi_null_default", "ansi_padding", "ansi_warnings", "arithabort",
    "concat_null_yields_null", "numeric_roundabort", "quoted_identifier", "cursor_close_on_commit",
})  # fmt: skip
"""Options of ALTER DATABASE ... SET that change nothing here."""

_ALONE: Final = frozenset({"single_user", "read_only", "read_write"})
"""Options that wait until all other sessions have left the database."""


def alter_database(session: SessionState, statement: dd.AlterDatabase) -> Iterator[Event]:
    """ALTER DATABASE ... SET."""
    found = session.server.find_database(statement.name) if statement.name else session.current
    if found is None:
        raise unknown_database(statement.name)
    switch = {"on": True, "off": False}.get(statement.value)
    if statement.option == "allow_snapshot_isolation" and switch is not None:
        found.allow_snapshot = switch
    elif statement.option == "read_committed_snapshot" and switch is not None:
        found.read_committed_snapshot = switch
    elif statement.option == "compatibility_level":
        found.compatibility = int(statement.value)
    elif statement.option in _ALONE and session.server.is_used(found, except_by=session):
        option = statement.option.upper()
        raise unsupported(f"ALTER DATABASE ... SET {option} while others use the database")
    elif statement.option in ("read_only", "read_write"):
        found.read_only = statement.option == "read_only"
    elif statement.option not in _WITHOUT_EFFECT:
        raise unsupported(f"ALTER DATABASE ... SET {statement.option.upper()}")
    yield StatementDone(None, "ALTER DATABASE")
