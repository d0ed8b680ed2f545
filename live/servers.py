"""The servers that a command names: HOST:PORT:USER, or the word ``sandbox``."""

import contextlib
import getpass
import os
import re
import sys
from collections.abc import Iterator
from typing import Final

from live.place import Place
from tableferry_sandbox.testing import sql_server

SANDBOX: Final = "sandbox"

PASSWORD: Final = "TABLEFERRY_LIVE_PASSWORD"
"""Where the password of a SQL Server is read from; without it a terminal is asked."""

PG_PASSWORD: Final = "TABLEFERRY_LIVE_PG_PASSWORD"

PORTS: Final = 65536


class CannotRunError(Exception):
    """The command cannot be carried out; the text says why, and what to do."""


def split(text: str) -> tuple[str, int, str]:
    """Return host, port and user; raises CannotRunError."""
    # An address of IPv6 stands in brackets.
    host, _, rest = text.rpartition("]") if text.startswith("[") else text.partition(":")
    if text.startswith("["):
        host, rest = host.removeprefix("["), rest.removeprefix(":")
    port, _, user = rest.partition(":")
    if not host or not re.fullmatch(r"\d{1,5}", port) or not 0 < int(port) < PORTS or not user:
        raise CannotRunError(
            f"Name a server as HOST:PORT:USER, or sandbox; not: {text or '(nothing)'}"
        )
    return host, int(port), user


def joined(host: str, port: int, user: str) -> str:
    """Return the text that ``split`` takes apart."""
    return f"[{host}]:{port}:{user}" if ":" in host else f"{host}:{port}:{user}"


def password_for(text: str, variable: str) -> str:
    """Return the password from the environment, or from the terminal; raises CannotRunError."""
    if found := os.environ.get(variable):
        return found
    if not sys.stdin.isatty():
        raise CannotRunError(f"There is no password for {text}: set {variable}")
    try:
        return getpass.getpass(f"Password for {text}: ")
    except EOFError:
        raise CannotRunError(f"There is no password for {text}: set {variable}") from None


@contextlib.contextmanager
def server_at(text: str, ca_file: str = "") -> Iterator[Place]:
    """Yield the place that a text names; a sandbox of our own runs until the block ends."""
    if text == SANDBOX:
        with sql_server() as started:
            yield Place(started.host, started.port, started.user, started.password)
    else:
        host, port, user = split(text)
        yield Place(host, port, user, password_for(text, PASSWORD), ca_file)
