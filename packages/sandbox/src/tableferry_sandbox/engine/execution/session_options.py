"""SET and ALTER DATABASE ... SET."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.errors import undeclared, unknown_database, unsupported
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.types.date_texts import ORDERS
from tableferry_sandbox.engine.types.languages import find_language
from tableferry_sandbox.events import Event, LanguageChanged, SqlError, StatementDone

_SWITCHES: Final = frozenset({
    "nocount", "xact_abort", "quoted_identifier", "implicit_transactions", "arithabort",
    "arithignore", "ansi_warnings", "ansi_null_dflt_on", "ansi_null_dflt_off",
    "cursor_close_on_commit", "forceplan", "statistics io", "statistics time",
})  # fmt: skip
"""Options with both values. Of the last four nothing depends: there are no cursors and no plans."""

_FIXED: Final = {
    "ansi_nulls": "on", "ansi_padding": "on", "concat_null_yields_null": "on",
    "numeric_roundabort": "off", "fmtonly": "off", "noexec": "off", "parseonly": "off",
    "showplan_all": "off", "showplan_text": "off", "showplan_xml": "off", "statistics xml": "off",
    "statistics profile": "off", "fips_flagger": "off", "remote_proc_transactions": "off",
    "offsets": "", "context_info": "", "query_governor_cost_limit": None,
}  # fmt: skip
"""Options with a single supported value; None accepts any value, without effect."""

_ANSI_DEFAULTS: Final = (
    "ansi_nulls", "ansi_null_dflt_on", "ansi_padding", "ansi_warnings", "cursor_close_on_commit",
    "implicit_transactions", "quoted_identifier",
)  # fmt: skip
"""What SET ANSI_DEFAULTS sets."""

_LEVELS: Final = frozenset(
    {"read uncommitted", "read committed", "repeatable read", "serializable", "snapshot"}
)


def set_option(session: SessionState, statement: st.SetOption) -> Iterator[Event]:
    """SET option value; raises 195 for an unknown one, 50000 for a value it does not implement."""
    option, value = statement.option, statement.value
    if option.startswith("identity_insert "):
        _identity_insert(session, option.removeprefix("identity_insert "), value)
    elif option == "language":
        language = find_language(_text(session, value))
        session.speak(language)
        yield LanguageChanged(language.name)
    elif option == "ansi_defaults":
        for one in _ANSI_DEFAULTS:
            _set(session, one, value)
    else:
        _set(session, option, value)
    yield StatementDone(None, "SET")


def _set(session: SessionState, option: str, value: str) -> None:
    """Set one option."""
    if option in _SWITCHES:
        _switch(session, option, value)
    elif option in _VALUES:
        session.set_option(option, _VALUES[option](session, value))
    elif option in _FIXED:
        wanted = _FIXED[option]
        if wanted is not None and value != wanted:
            raise unsupported(f"SET {option.upper()} {value.upper()}")
        session.set_option(option, value)
    else:
        raise SqlError(195, f"'{option.upper()}' is not a recognized SET option.", severity=15)


def _switch(session: SessionState, option: str, value: str) -> None:
    if value not in ("on", "off"):
        raise _near(value)
    session.set_option(option, value)
    other = {
        "ansi_null_dflt_on": "ansi_null_dflt_off", "ansi_null_dflt_off": "ansi_null_dflt_on"
    }.get(option)  # fmt: skip
    if other is not None and value == "on":  # both are never ON (SET ANSI_NULL_DFLT_ON)
        session.set_option(other, "off")


def _near(value: str) -> SqlError:
    return SqlError(102, f"Incorrect syntax near '{value}'.", severity=15)


def _text(session: SessionState, value: str) -> str:
    """Return the value of a variable, or the value itself; raises 137."""
    if not value.startswith("@"):
        return value
    found = session.variables.get(value.lower())
    if found is None:
        raise undeclared(value)
    return "" if found[1] is None else str(found[1])


def _level(_: SessionState, value: str) -> str:
    if value not in _LEVELS:
        raise _near(value)
    return value


def _number(session: SessionState, value: str) -> str:
    try:
        return str(int(_text(session, value)))
    except ValueError:
        raise _near(value) from None


def _rows(session: SessionState, value: str) -> str:
    number = _number(session, value)
    if number.startswith("-"):
        raise _near(value)
    return number


def _text_size(session: SessionState, value: str) -> str:
    number = _number(session, value)
    return "4096" if number == "0" else number


def _date_format(session: SessionState, value: str) -> str:
    order = _text(session, value).lower()
    if order not in ORDERS:
        raise SqlError(2741, f"SET DATEFORMAT date order '{order}' is invalid.")
    return order


def _date_first(session: SessionState, value: str) -> str:
    number = _number(session, value)
    if not 1 <= int(number) <= 7:
        raise SqlError(2742, f"SET DATEFIRST {number} is out of range.")
    return number


def _deadlock_priority(session: SessionState, value: str) -> str:
    priority = _priority(value)
    session.server.store.versions.set_deadlock_priority(session.session_id, priority)
    return str(priority)


def _priority(value: str) -> int:
    """Return the number of LOW, NORMAL, HIGH, or of -10 to 10; raises 102."""
    number = {"low": -5, "normal": 0, "high": 5}.get(value)
    with contextlib.suppress(ValueError):
        number = int(value) if number is None else number
    if number is None or not -10 <= number <= 10:
        raise _near(value)
    return number


_VALUES: Final[dict[str, Callable[[SessionState, str], str]]] = {
    "transaction isolation level": _level,
    "lock_timeout": _number,
    "rowcount": _rows,
    "textsize": _text_size,
    "dateformat": _date_format,
    "datefirst": _date_first,
    "deadlock_priority": _deadlock_priority,
}
"""Options with a value that is checked."""


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
    "ansi_nulls", "ansi_padding", "ansi_warnings", "arithabort",
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
    elif statement.option == "ansi_null_default" and switch is not None:
        found.ansi_null_default = switch
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
