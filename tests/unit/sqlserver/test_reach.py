"""All addresses of a host are tried at once: one that is dead does not hold up the others."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tableferry.config import Login, SourceSettings
from tableferry.errors import TransientError
from tableferry.sqlserver.driver_connection import connection_string
from tableferry.sqlserver.reach import addresses_of, reach, tries_all_at_once
from tests.support.specs import source_settings

DEAD, ALIVE, CLOSED = "127.0.0.1", "127.0.0.2", "127.0.0.3"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server at ALIVE; its port at DEAD answers no SYN, as a host that is switched off."""
    with contextlib.ExitStack() as stack:
        alive, dead = _bound_to_one_port(stack)
        dead.listen(0)
        for _ in range(8):
            # The queue of connections that are not accepted is full after one or two.
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0.2)
            try:
                filler.connect(dead.getsockname())
            except TimeoutError:
                break
        else:
            raise AssertionError("the queue is never full")
        yield alive


def _bound_to_one_port(stack: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    """Return a server at ALIVE and a socket at DEAD, on a port that nothing else has at either."""
    for _ in range(20):
        alive = stack.enter_context(socket.create_server((ALIVE, 0)))
        dead = stack.enter_context(socket.socket())
        with contextlib.suppress(OSError):  # another program has this port at the other address
            dead.bind((DEAD, alive.getsockname()[1]))
            return alive, dead
    raise AssertionError("no port is free at both addresses")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> Any:
    """Settings of the host ``listener.example.com``, which has these addresses."""

    def settings(*addresses: str, **changes: Any) -> SourceSettings:
        port = listener.getsockname()[1]
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: found)
        return source_settings(host="listener.example.com", port=port, **changes)

    return settings


def test_a_dead_first_address_does_not_keep_the_second_from_answering(named: Any) -> None:
    settings = named(DEAD, ALIVE, connect_timeout=300)
    with reach(settings, addresses_of(settings)) as wire:
        assert wire.getpeername()[0] == ALIVE
        assert wire.gettimeout() == 300


def test_an_address_that_refuses_leaves_the_others_in_play(named: Any) -> None:
    settings = named(CLOSED, ALIVE)
    with reach(settings, addresses_of(settings)) as wire:
        assert wire.getpeername()[0] == ALIVE


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        ((DEAD,), "cannot be reached: timed out"),
        ((CLOSED,), "cannot be reached: Connection refused"),
        ((DEAD, CLOSED), "cannot be reached at any of its 2 addresses: timed out"),
    ],
)
def test_a_host_that_none_of_its_addresses_reaches_says_why(
    named: Any, addresses: tuple[str, ...], told: str
) -> None:
    settings = named(*addresses, connect_timeout=1)
    with pytest.raises(TransientError) as raised:
        reach(settings, addresses_of(settings))
    assert told in raised.value.message
    assert "SQL_SERVER_MCTM_HOST and SQL_SERVER_MCTM_PORT" in raised.value.hint
    assert not raised.value.reached


def test_an_address_that_is_listed_twice_is_one(named: Any) -> None:
    assert len(addresses_of(named(ALIVE, ALIVE))) == 1


@pytest.mark.parametrize(
    ("configured", "addresses", "wanted"),
    [
        (None, (ALIVE,), False),
        (None, (DEAD, ALIVE), True),
        ("auto", (DEAD, ALIVE), True),
        ("yes", (ALIVE,), True),
        ("no", (DEAD, ALIVE), False),
    ],
)
def test_the_driver_tries_all_addresses_at_once_where_there_are_several_or_as_configured(
    named: Any, configured: str | None, addresses: tuple[str, ...], wanted: bool
) -> None:
    changes = {} if configured is None else {"multi_subnet_failover": configured}
    settings = named(*addresses, **changes)
    at_once = tries_all_at_once(settings, addresses_of(settings))
    assert at_once is wanted
    text = connection_string(settings, Login(settings.user, settings.password), at_once=at_once)
    assert ("MultiSubnetFailover={yes}" in text) is wanted
