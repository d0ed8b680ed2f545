"""Of several threads one tries a login that no other has succeeded with."""

import threading

import pytest

from tableferry.errors import ConfigError, TransientError
from tableferry.runs.first_login import FirstLogins


def test_a_refused_login_is_not_tried_for_the_next_table() -> None:
    logins, tried = FirstLogins(), []

    def refused() -> None:
        tried.append(1)
        raise ConfigError("refused", hint="Correct it.", code="18456")

    for _ in range(3):
        with pytest.raises(ConfigError, match="refused") as error:
            logins.connect("mctm", refused)
        assert error.value.code == "18456"
        assert error.value.hint == "Correct it."
    assert len(tried) == 1


def test_each_database_has_logins_of_its_own() -> None:
    logins = FirstLogins()

    def refused() -> None:
        raise ConfigError("refused", code="18456")

    with pytest.raises(ConfigError):
        logins.connect("mctm", refused)
    assert logins.connect("voipdb", lambda: "open") == "open"


def test_a_server_that_is_not_there_is_tried_again() -> None:
    logins = FirstLogins()

    def lost() -> None:
        raise TransientError("lost")

    with pytest.raises(TransientError):
        logins.connect("mctm", lost)
    assert logins.connect("mctm", lambda: "open") == "open"


def test_the_others_wait_for_the_first_login_and_not_for_each_other() -> None:
    logins, began, may_end = FirstLogins(), threading.Event(), threading.Event()
    both = threading.Barrier(2, timeout=30)
    connected: list[str] = []

    def first() -> str:
        began.set()
        assert may_end.wait(30)
        return "first"

    def later() -> str:
        assert may_end.is_set(), "the first login is still under way"
        both.wait()  # passes only where both are in here
        return "later"

    threads = [threading.Thread(target=lambda: connected.append(logins.connect("a", first)))]
    threads[0].start()
    assert began.wait(30)
    threads += [
        threading.Thread(target=lambda: connected.append(logins.connect("a", later)))
        for _ in range(2)
    ]
    for thread in threads[1:]:
        thread.start()
    may_end.set()
    for thread in threads:
        thread.join(30)
    assert sorted(connected) == ["first", "later", "later"]
