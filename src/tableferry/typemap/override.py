"""Parse the values of ``type_overrides``: a PostgreSQL type, and how values are to be read."""

import re
from dataclasses import dataclass
from typing import Final

from tableferry.model.schema import PgType
from tableferry.typemap.pg_type_names import parse_pg_type

WITH_OFFSET: Final = "+ offset"
"""After ``timestamptz``: the offset of a datetimeoffset goes into ``<column>_offset``."""

AT_UTC: Final = "at UTC"
"""After ``timestamptz`` or ``timestamp``: times without an offset are, or become, those of UTC."""

_FORMS: Final = {WITH_OFFSET: r"\+\s*offset", AT_UTC: r"\s+at\s+utc"}


@dataclass(frozen=True, slots=True)
class TypeOverride:
    """One entry of ``type_overrides``: as written, its type, and the form after it, if any."""

    written: str
    type: PgType
    form: str = ""


def parse_override(written: str) -> TypeOverride | None:
    """Parse a type and the form after it; None where tableferry cannot fill such a column."""
    name, form = written.strip(), ""
    for one, pattern in _FORMS.items():
        if match := re.search(rf"{pattern}$", name, re.IGNORECASE):
            name, form = name[: match.start()], one
    kind = parse_pg_type(name)
    return TypeOverride(written, kind, form) if kind else None
