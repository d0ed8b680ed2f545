"""Names and passwords that are kept elsewhere, and change there while a run goes on.

The engine is handed a callable: it gives the login to use, and a newer one for a login that a
server has refused. Who keeps them (AWS, in ``aws.secrets``) is nothing that the engine knows.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import SecretStr

SOURCE_LOGIN_REFUSED: Final = frozenset({"18456", "18486", "18487", "18488"})
LOGIN_REFUSED: Final = SOURCE_LOGIN_REFUSED | {"28P01", "28000"}
"""What servers say of a name and password that they do not take. Not tried again as it is:
servers lock accounts."""


@dataclass(frozen=True, slots=True)
class Login:
    """A name and what proves it: a password, or a token that a server takes for one."""

    user: str
    password: SecretStr


LoginSource = Callable[[Login | None], Login]
"""Called with None for the login to use; with one that was refused, for a newer one, which is the
same where there is none. Raises ConfigError or TransientError where nobody can be asked."""


class Vault(Protocol):
    """Who keeps secrets and makes tokens; raises ConfigError, or TransientError where it is out."""

    def secret(self, reference: str) -> str:
        """Return the text that a reference names, as it is at this moment."""

    def token(self, host: str, port: int, user: str) -> str:
        """Return a token that this PostgreSQL takes for the user's password."""


class StoredLogin:
    """A login that is fetched again when it was refused; several threads may ask."""

    def __init__(self, current: Login, fetch: Callable[[], Login]) -> None:
        self._current = current
        self._fetch = fetch
        self._lock = threading.Lock()

    def __call__(self, refused: Login | None) -> Login:
        """See ``LoginSource``; what another thread has fetched meanwhile is not fetched again."""
        with self._lock:
            if refused == self._current:
                self._current = self._fetch()
            return self._current


class TokenLogin:
    """A login that is made for every connection: a token lives for minutes only."""

    def __init__(self, make: Callable[[], Login]) -> None:
        self._make = make

    def __call__(self, refused: Login | None) -> Login:
        """See ``LoginSource``; one that was made a moment ago and refused is not made again."""
        return refused or self._make()
