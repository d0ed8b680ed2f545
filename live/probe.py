"""A probe: one claim about SQL Server, with the statements that settle it. Pure data."""

from dataclasses import dataclass
from typing import Final

AREAS: Final = (
    "catalog",
    "types",
    "keys",
    "isolation",
    "errors",
    "rowversion",
    "change_tracking",
    "session",
)
"""What probes are about: the folders of ``probes/``."""

YEARS: Final = {2016: 13, 2017: 14, 2019: 15, 2022: 16, 2025: 17}
"""The versions that a probe may name, and the first number of each one's ProductVersion."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions for which something holds, both ends included; None: no such end."""

    since: int | None = None
    until: int | None = None

    def __contains__(self, year: int) -> bool:
        return (self.since is None or year >= self.since) and (
            self.until is None or year <= self.until
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer is a result set: these columns, and these rows of written values.

    ``types`` are Arrow types where the probe is about the form on the wire, otherwise empty.
    ``ordered``: the rows come in this order.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ordered: bool = True
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fails:
    """The answer is an error: its number, and its text with % for any characters."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Succeeds:
    """The batch succeeds; what it returns is not looked at."""


Expected = Rows | Fails | Succeeds


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a server of some versions answers."""

    expected: Expected
    versions: Versions


@dataclass(frozen=True, slots=True)
class Session:
    """A connection of a probe. ``login`` and ``database``: others than those of the run."""

    name: str = "a"
    login: str = ""
    database: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements for one session; ``line`` is where they begin in the file.

    ``background``: the answer is not waited for. Without expectations it has to succeed. A batch
    without ``sql`` only opens its session.
    """

    session: Session
    sql: str
    line: int
    background: bool = False
    expectations: tuple[Expectation, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for the batch that a session runs in the background; its answer is judged here."""

    session: Session
    line: int
    expectations: tuple[Expectation, ...] = ()


Step = Batch | Wait


@dataclass(frozen=True, slots=True)
class Probe:
    """One claim and what settles it; ``probes/README.md`` describes the file.

    ``pages``: where Microsoft's documentation says so; where it is silent, ``observed`` says why we
    believe it. ``database``: a collation, options of ALTER DATABASE ... SET, the word "own".
    ``needs``: rights and components of the server. ``covers``: whose statement this is about.
    """

    area: str
    name: str
    claim: str
    pages: tuple[str, ...]
    observed: str
    versions: Versions
    database: tuple[str, ...]
    needs: tuple[str, ...]
    covers: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def path(self) -> str:
        """The file, below ``probes/``."""
        return f"{self.area}/{self.name}.sql"
