"""Logins that are stored elsewhere, and may be rotated there during a run.

The engine receives a callable that returns the login to use, and a newer one for a login that a
server has refused. It does not know where logins are stored (in AWS, see ``aws.vault``).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import SecretStr

SOURCE_LOGIN_REFUSED: Final = frozenset({
    "18456", "18450", "18452", "18470", "18486", "18487", "18488", "login",
})  # fmt: skip
LOGIN_REFUSED: Final = SOURCE_LOGIN_REFUSED | {"28P01", "28000"}
"""The servers' error codes for a refused login; ``login`` is any error at login in a language that
is not told apart. It is not retried unchanged, because servers lock accounts."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and its password, or a token that the server accepts as one."""

    user: str
    password: SecretStr


LoginSource = Callable[[Login | None], Login]
"""Called with None, returns the login to use. Called with a refused login, returns a newer one, or
the same where there is none. Raises ConfigError or TransientError where it cannot fetch one."""


class Vault(Protocol):
    """Stores secrets and creates tokens; raises ConfigError, or TransientError in an outage."""

    def secret(self, reference: str) -> str:
        """Return the current text of the secret that a reference names."""

    def token(self, host: str, port: int, user: str) -> str:
        """Return a token that this PostgreSQL accepts as the user's password."""


class StoredLogin:
    """A login that is fetched again after it was refused. Thread-safe."""

    def __init__(self, current: Login, fetch: Callable[[], Login]) -> None:
        self._current = current
        self._fetch = fetch
        self._lock = threading.Lock()

    def __call__(self, refused: Login | None) -> Login:
        """See ``LoginSource``; what another thread has just fetched is not fetched again."""
        with self._lock:
            if refused == self._current:
                self._current = self._fetch()
            return self._current


class TokenLogin:
    """A login with a new token for every connection, since tokens expire within minutes."""

    def __init__(self, make: Callable[[], Login]) -> None:
        self._make = make

    def __call__(self, refused: Login | None) -> Login:
        """See ``LoginSource``; a refused token was just created, so it is returned as it is."""
        return refused or self._make()
