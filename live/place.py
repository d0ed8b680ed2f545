"""A server that probes are run on: how it is reached, and what it says about itself."""

import re
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from live.probe import YEARS
from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.errors import TableferryError

AZURE: Final = {5: "Azure SQL Database", 8: "Azure SQL Managed Instance", 9: "Azure SQL Edge"}
"""SERVERPROPERTY('EngineEdition'): those whose ProductVersion says nothing."""

NEWEST: Final = max(YEARS)


@dataclass(frozen=True, slots=True)
class Place:
    """The address of a server and a login. Without ``ca_file`` its certificate is not verified.

    ``hidden`` are more names of the server that no report may hold.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    ca_file: str = ""
    hidden: tuple[str, ...] = ()

    def settings(
        self, database: str = "master", login: str = "", password: str = ""
    ) -> SourceSettings:
        """Return what the engine connects with."""
        return SourceSettings(
            prefix="LIVE_",
            host=self.host,
            port=self.port,
            db=database,
            user=login or self.user,
            password=SecretStr(password or self.password),
            trust_certificate=not self.ca_file,
            ca_file=self.ca_file,
        )

    def scrubbed(self, text: str) -> str:
        """Return a text without the names of this server and its login."""
        words = {self.password, self.user, self.host, *self.hidden}
        for word in sorted(words, key=len, reverse=True):
            if word:
                text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "(hidden)", text)
        return text


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says about itself. ``year`` is None where it does not say which version."""

    product: str
    version: str
    year: int | None

    @property
    def is_sql_server(self) -> bool:
        """Whether it is one that has everything that a version of SQL Server has."""
        return self.product == f"SQL Server {self.year}"


_PROPERTIES: Final = """\
SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,
CAST(SERVERPROPERTY('EngineEdition') AS int) AS edition"""


def read_facts(connection: sqlserver.SourceConnection) -> Facts:
    """Ask a server which it is; one that is no SQL Server may not know."""
    first = str(_value(connection, "SELECT @@VERSION AS version", 0) or "").splitlines()[:1]
    is_sandbox = "sandbox" in "".join(first).lower()
    version = str(_value(connection, _PROPERTIES, 0) or "")
    edition = _value(connection, _PROPERTIES, 1)
    if edition in AZURE:
        return Facts(AZURE[edition], version, NEWEST)
    major = int(found[0]) if (found := re.match(r"\d+", version)) else 0
    year = next((year for year, number in YEARS.items() if number == major), None)
    if year is None and major > YEARS[NEWEST]:
        year = NEWEST
    name = "the sandbox" if is_sandbox else f"SQL Server {year}" if year else "an unknown server"
    return Facts(name, version, year)


def _value(connection: sqlserver.SourceConnection, sql: str, place: int) -> object:
    names = re.findall(r" AS (\w+)(?:,|$)", sql.replace("\n", " "))
    try:
        rows = connection.rows(sql, names)
    except TableferryError:
        return None
    return rows[0][place] if rows else None


def names_of(connection: sqlserver.SourceConnection) -> tuple[str, ...]:
    """Return the names by which a server may call itself in its messages."""
    name = str(_value(connection, "SELECT @@SERVERNAME AS name", 0) or "")
    return tuple(word for word in (name, *name.split("\\")) if word)


def has_need(connection: sqlserver.SourceConnection, need: str) -> bool:
    """Tell whether a server and its login have what a probe needs."""
    if need == "full-text":
        sql = "SELECT CAST(FULLTEXTSERVICEPROPERTY('IsFullTextInstalled') AS int) AS installed"
        return _value(connection, sql, 0) == 1
    right = need.removeprefix("right ")
    return _value(connection, f"SELECT HAS_PERMS_BY_NAME(NULL, NULL, '{right}') AS may", 0) == 1
