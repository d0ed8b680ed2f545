"""Connections as arguments of a command: URLs, or the names of secrets, and where passwords are.

A password in an argument is in the shell's history and in every list of processes. So it may be
left out of a URL, and is then looked for in the environment and in ``~/.pgpass``, and asked for.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.config import SourceSettings, TargetSettings
    from tableferry.config.connection_urls import UrlForm
    from tableferry.config.connections import Database

    T = TypeVar("T", bound=Database)

SOURCE_VARIABLE: Final = "SQL_SERVER_PASSWORD"
TARGET_VARIABLE: Final = "PGPASSWORD"
"""The variables for a URL without a password. The second is libpq's own; ``PG_PASSWORD`` belongs to
the target that variables name, which may be another server's."""

PASSFILE: Final = "PGPASSFILE"
"""libpq's variable for the place of ``~/.pgpass``."""

Ask = Callable[[str], str]
"""Asks a person for a password, which does not appear on the screen."""


def source_of(argument: str, ask: Ask | None = None) -> "SourceSettings":
    """Return the settings of a source: ``mssql://user@host/database``, or ``secretsmanager:NAME``.

    Raises ConfigError, which quotes no URL; TransientError where a secret cannot be read now.
    """
    return source_with(source_fields(argument, ask))


def target_of(argument: str, ask: Ask | None = None) -> "TargetSettings":
    """Return the settings of a target: ``postgresql://user@host/database``; see ``source_of``."""
    return target_with(target_fields(argument, ask))


def source_fields(argument: str, ask: Ask | None = None) -> dict[str, str]:
    """Return what an argument says of a source, by field, with its password; see ``source_of``."""
    from tableferry.config.connection_urls import SOURCE_FORM

    return _fields(argument, SOURCE_FORM, _Passwords(SOURCE_VARIABLE, ask=ask))


def target_fields(argument: str, ask: Ask | None = None) -> dict[str, str]:
    """Return what an argument says of a target; see ``source_fields``."""
    from tableferry.config.connection_urls import TARGET_FORM

    return _fields(argument, TARGET_FORM, _Passwords(TARGET_VARIABLE, ask=ask, has_file=True))


def source_with(fields: Mapping[str, str]) -> "SourceSettings":
    """Return the settings that these fields make; raises as ``source_of``."""
    from tableferry.config.connection_urls import SOURCE_FORM

    return _settings(fields, SOURCE_FORM)


def target_with(fields: Mapping[str, str]) -> "TargetSettings":
    """Return the settings that these fields make; raises as ``source_of``."""
    from tableferry.config.connection_urls import TARGET_FORM

    return _settings(fields, TARGET_FORM)


def ask_in_terminal() -> Ask | None:
    """Return what asks for a password, None where nobody could answer: in a script, or in cron."""
    try:
        answers = sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # closed, or not there at all
        return None
    return _ask if answers else None


def _ask(question: str) -> str:
    try:
        return getpass(question)
    except EOFError:
        raise ConfigError("No password was typed", hint="Nothing was done.") from None


@dataclass(frozen=True, slots=True)
class _Passwords:
    """Where the password of a URL without one is: a variable, libpq's file, a person."""

    variable: str
    ask: Ask | None
    has_file: bool = False

    def find(self, given: Mapping[str, str], side: str) -> str:
        """Return the password; raises ConfigError where there is none."""
        if found := os.environ.get(self.variable, ""):
            return found
        if self.has_file and (found := password_in_file(given, _passfile())):
            return found
        where = f"{given.get('user', '')} at {given.get('host', '')}"
        if self.ask is not None:
            return self.ask(f"Password of {side}, {where}: ")
        places = f"{self.variable} or {_passfile()}" if self.has_file else self.variable
        raise ConfigError(
            f"There is no password for {side}, {where}",
            hint=f"Put it into {places}; there is no terminal to ask for it.",
        )


def _fields(argument: str, form: "UrlForm[T]", passwords: _Passwords) -> dict[str, str]:
    from tableferry.config.secret_references import is_reference

    if is_reference(argument):
        return {"secret": argument}
    given = form.parts(argument)
    needs_none = form.kind.not_needed.get(given.get("auth", ""), ())
    if given.get("user") and "password" not in {*given, *needs_none}:
        given["password"] = passwords.find(given, form.side)
    return given


def _settings(fields: Mapping[str, str], form: "UrlForm[T]") -> "T":
    from tableferry.aws.vault import AwsVault
    from tableferry.config.environment import assembled

    if "secret" not in fields:
        return assembled(form.kind, form.prefix, fields, AwsVault(), form.refusal)

    def refusal(problems: str) -> ConfigError:
        return ConfigError(
            f"The secret of {form.side} cannot be used:{problems}",
            hint="It has to hold a connection as RDS's secrets do: username, password, host, port "
            "and dbname.",
        )

    return assembled(form.kind, f"{form.side}'s ", fields, AwsVault(), refusal)


def _passfile() -> Path:
    return Path(os.environ.get(PASSFILE) or Path("~/.pgpass").expanduser())


def password_in_file(given: Mapping[str, str], path: Path) -> str:
    """Return the password that libpq would find in this file, "" for none.

    A line is ``host:port:database:user:password``, where ``*`` matches all (PostgreSQL, "The
    Password File"). Like libpq it passes over a file that others may read.
    """
    try:
        if path.stat().st_mode & 0o077:
            return ""
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    host = given.get("host", "")
    wanted = [
        "localhost" if host.startswith("/") else host,
        given.get("port", "5432"),
        given.get("db", ""),
        given.get("user", ""),
    ]
    for line in lines:
        fields = _parts(line)
        if len(fields) == 5 and not line.startswith("#"):
            pairs = zip(fields, wanted, strict=False)
            if all(one in ("*", value) for one, value in pairs):
                return fields[4]
    return ""


def _parts(line: str) -> list[str]:
    """Split a line at its colons; a backslash makes the sign behind it an ordinary one."""
    fields = [""]
    signs = iter(line)
    for sign in signs:
        if sign == "\\":
            fields[-1] += next(signs, "")
        elif sign == ":" and len(fields) < 5:
            fields.append("")
        else:
            fields[-1] += sign
    return fields
