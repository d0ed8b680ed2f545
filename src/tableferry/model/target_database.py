"""What a plan has to know of the target database besides the table itself. Pure data.

``postgres.catalog`` fills it in. The encodings are those of PostgreSQL's chapter "Character Set
Support" that a database can have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UTF8: Final = "UTF8"
SQL_ASCII: Final = "SQL_ASCII"

OLDEST_POSTGRESQL: Final = 130000
"""Assumed where the server's version is unknown; it has gen_random_uuid()."""

_LATIN_PARTS: Final = (1, 2, 3, 4, 9, 10, 13, 14, 15, 16)
"""The parts of ISO 8859 that PostgreSQL calls LATIN1 to LATIN10."""

_CODECS: Final[Mapping[str, str]] = {
    **{f"LATIN{n}": f"iso8859_{part}" for n, part in enumerate(_LATIN_PARTS, 1)},
    **{f"ISO_8859_{part}": f"iso8859_{part}" for part in (5, 6, 7, 8)},
    **{f"WIN{page}": f"cp{page}" for page in (866, 874, *range(1250, 1259))},
    "KOI8R": "koi8_r",
    "KOI8U": "koi8_u",
    "EUC_JP": "euc_jp",
    "EUC_JIS_2004": "euc_jis_2004",
    "EUC_CN": "gb2312",
    "EUC_KR": "euc_kr",
}
"""Python's codec of the same characters, by PostgreSQL's name of the encoding."""


@dataclass(frozen=True, slots=True)
class TargetDatabase:
    """The database of the target table.

    ``version`` is the server's ``server_version_num``, ``encoding`` the database's. The rest is
    about a table that will be created: ``creates_schema`` says that its schema is missing as well;
    ``names`` are those in use in its schema that begin like its own, ``alike`` the tables and views
    whose names differ from its own in case only.
    """

    version: int = OLDEST_POSTGRESQL
    encoding: str = UTF8
    creates_schema: bool = False
    names: frozenset[str] = frozenset()
    alike: tuple[str, ...] = ()

    def can_encode(self, text: str) -> bool:
        """Whether every character exists in the database's encoding."""
        return can_encode(text, self.encoding)


def can_encode(text: str, encoding: str) -> bool:
    """Whether every character exists in an encoding of PostgreSQL.

    True where that is not known: PostgreSQL decides then. SQL_ASCII takes the bytes of UTF-8.
    """
    codec = _CODECS.get(encoding)
    if codec is None or text.isascii():
        return True
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


UNKNOWN_DATABASE: Final = TargetDatabase()
