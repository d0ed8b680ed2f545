"""What tells a database from another one, where Change Tracking cannot be asked about."""

from collections.abc import Sequence
from typing import Any

import pytest

from tableferry.errors import ConfigError, TransientError
from tableferry.modes.tracking import read_identity


def server(*refused: str) -> Any:
    """A server that refuses a query with any of these words."""

    def ask(sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        for word in refused:
            if word in sql:
                raise ConfigError(f"{word} is not supported (22117)")
        row = {"created": "2026-01-01", "history": 1, "restored": "2026-02-02"}
        fork = "b" if "recovery_status" in sql else None
        guids = {"database_guid": "a", "recovery_fork_guid": fork}
        return [tuple({**row, **guids}[name] for name in columns)]

    return ask


def test_nothing_of_change_tracking_is_asked() -> None:
    found = read_identity(server("CHANGE_TRACKING", "change_tracking"), "McTM")
    assert found == {
        "created": "2026-01-01",
        "database_guid": "a",
        "recovery_fork_guid": "b",
        "restored": "2026-02-02",
    }


def test_what_the_server_lacks_is_left_out() -> None:
    found = read_identity(server("database_recovery_status"), "McTM")
    assert "recovery_fork_guid" not in found
    assert read_identity(server("sys.databases"), "McTM") == {}


def test_a_lost_connection_is_no_missing_view() -> None:
    def lost(_sql: str, _columns: Sequence[str]) -> list[tuple[Any, ...]]:
        raise TransientError("lost")

    with pytest.raises(TransientError):
        read_identity(lost, "McTM")
