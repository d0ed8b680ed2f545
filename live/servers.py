"""The servers that a command names: HOST:PORT:USER, or the word ``sandbox``."""

import contextlib
import getpass
import os
import sys
from collections.abc import Iterator
from typing import Final

from live.place import Place
from tableferry_sandbox.testing import sql_server

SANDBOX: Final = "sandbox"

PASSWORD: Final = "TABLEFERRY_LIVE_PASSWORD"
"""Where the password of a SQL Server is read from; without it a terminal is asked."""

PG_PASSWORD: Final = "TABLEFERRY_LIVE_PG_PASSWORD"


class WrongNameError(Exception):
    """A command names no server that can be used; nothing was done."""


def split(text: str) -> tuple[str, int, str]:
    """Return host, port and user; raises WrongNameError."""
    # An address of IPv6 stands in brackets.
    host, _, rest = text.rpartition("]") if text.startswith("[") else text.partition(":")
    if text.startswith("["):
        host, rest = host.removeprefix("["), rest.removeprefix(":")
    port, _, user = rest.partition(":")
    if not host or not port.isdigit() or not user:
        raise WrongNameError(
            f"Name a server as HOST:PORT:USER, or sandbox; not: {text or '(nothing)'}"
        )
    return host, int(port), user


def password_for(text: str, variable: str) -> str:
    """Return the password from the environment, or from the terminal; raises WrongNameError."""
    if found := os.environ.get(variable):
        return found
    if not sys.stdin.isatty():
        raise WrongNameError(f"There is no password for {text}: set {variable}")
    return getpass.getpass(f"Password for {text}: ")


@contextlib.contextmanager
def server_at(text: str, ca_file: str = "") -> Iterator[Place]:
    """Yield the place that a text names; a sandbox of our own runs until the block ends."""
    if text == SANDBOX:
        with sql_server() as started:
            yield Place(started.host, started.port, started.user, started.password)
    else:
        host, port, user = split(text)
        yield Place(host, port, user, password_for(text, PASSWORD), ca_file)
