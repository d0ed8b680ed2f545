"""A session on the source sets what it relies on, whatever the server's defaults are."""

import pytest

from tableferry import sqlserver
from tableferry.modes.extract import in_database
from tableferry.sqlserver.session import SESSION
from tableferry_sandbox.engine.execution import session_state
from tableferry_sandbox.faults import SendError
from tests.integration.conftest import Sandbox

OTHER_DEFAULTS = {
    "nocount": "on",
    "textsize": "4096",
    "lock_timeout": "-1",
    "deadlock_priority": "5",
    "quoted_identifier": "off",
    "arithabort": "off",
}
"""What an administrator's 'user options' or another driver may have set."""

COLUMNS = ["text_size", "lock_timeout", "deadlock_priority", "quoted_identifier", "arithabort"]
WANTED = (2147483647, 30_000, -5, True, True)

REQUIRED_FOR_INDEXED_VIEWS = {
    "ANSI_NULLS": "ON",
    "ANSI_PADDING": "ON",
    "ANSI_WARNINGS": "ON",
    "ARITHABORT": "ON",
    "CONCAT_NULL_YIELDS_NULL": "ON",
    "QUOTED_IDENTIFIER": "ON",
    "NUMERIC_ROUNDABORT": "OFF",
}
"""CREATE INDEX (Transact-SQL), "Computed columns" and "Indexed views"."""


@pytest.fixture
def other_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {**session_state._DEFAULTS, **OTHER_DEFAULTS}
    monkeypatch.setattr(session_state, "_DEFAULTS", changed)


def session_of(connection: sqlserver.SourceConnection) -> tuple[object, ...]:
    [found] = connection.rows(
        f"SELECT {', '.join(COLUMNS)} FROM sys.dm_exec_sessions WHERE session_id = @@SPID", COLUMNS
    )
    return found


@pytest.mark.usefixtures("other_defaults")
def test_a_session_does_not_depend_on_the_servers_defaults(sandbox: Sandbox) -> None:
    with sqlserver.connect(sandbox.source()) as connection:
        assert session_of(connection) == WANTED
        [(options,)] = connection.rows("SELECT @@OPTIONS & 512 AS nocount", ["nocount"])
        assert options == 0


@pytest.mark.usefixtures("other_defaults")
@pytest.mark.parametrize("lacking", ["SET LANGUAGE", "SET DEADLOCK", "SET NUMERIC_ROUNDABORT"])
def test_a_setting_that_a_server_lacks_does_not_take_the_others_with_it(
    sandbox: Sandbox, lacking: str
) -> None:
    unknown = SendError(195, "'IT' is not a recognized SET option.", severity=15)
    sandbox.server.faults.on_statement(lacking, unknown, times=100)
    with sqlserver.connect(sandbox.source()) as connection:
        found = session_of(connection)
    wanted = (*WANTED[:2], 5, *WANTED[3:]) if "DEADLOCK" in lacking else WANTED
    assert found == wanted


def test_what_indexed_views_and_computed_columns_need_is_set() -> None:
    statements = set(SESSION)
    assert {f"SET {name} {value}" for name, value in REQUIRED_FOR_INDEXED_VIEWS.items()} <= (
        statements
    )
    assert "SET IMPLICIT_TRANSACTIONS OFF" in statements


def test_a_query_in_another_database_has_its_result_read_and_leaves_the_session_in_its_own(
    sandbox: Sandbox,
) -> None:
    with sqlserver.connect(sandbox.source()) as connection:
        asked = in_database("VoipDB", "SELECT DB_NAME() AS name")
        assert connection.rows(asked, ["name"]) == [("VoipDB",)]
        assert connection.rows("SELECT DB_NAME() AS name", ["name"]) == [("McTM",)]
