"""PostgreSQL's errors, turned into ours by SQLSTATE: one table.

DETAIL and CONTEXT quote values ("Key (id)=(42) already exists.", "COPY t, line 7, column a:
..."), and for data errors the message itself may. Those texts never leave: the SQLSTATE and the
names of the column and the constraint say enough, and the driver's error is cut from the chain.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg

from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError
from tableferry.settings import TargetSettings


@dataclass(frozen=True, slots=True)
class Fault:
    """What a SQLSTATE (or its class, the first two characters) means.

    ``said`` replaces the server's message where that may quote a value.
    """

    kind: type[TableferryError]
    hint: str
    said: str = ""


_ROLLED_BACK = "The load was rolled back; the old rows stay."
_AGAIN = f"{_ROLLED_BACK} Run it again."

FAULTS: Final = {
    "28P01": Fault(ConfigError, "Check PG_USER and PG_PASSWORD. It was not tried again."),
    "28000": Fault(ConfigError, "Check PG_USER, PG_PASSWORD and PG_SSLMODE (pg_hba.conf refused)."),
    "3D000": Fault(ConfigError, "Check PG_DB."),
    "3F000": Fault(ConfigError, "Create the schema that 'pg_table' names."),
    "42501": Fault(ConfigError, "Grant PG_USER what it lacks: TRUNCATE, INSERT and SELECT on the "
                   "table, CREATE on its schema where the table is missing."),
    "42P01": Fault(SchemaError, "Check 'pg_table' in the configuration."),
    "0A000": Fault(SchemaError, "TRUNCATE refuses a table that foreign keys of others point to."),
    "22021": Fault(DataError, f"A text holds the character U+0000. {_ROLLED_BACK}",
                   "a text holds a character that PostgreSQL cannot store"),
    "22001": Fault(DataError, f"Widen the target column. {_ROLLED_BACK}",
                   "a text is too long for its column"),
    "22003": Fault(DataError, f"Widen the target column. {_ROLLED_BACK}",
                   "a number is out of its column's range"),
    "23502": Fault(DataError, f"Drop NOT NULL or exclude the rows with 'where'. {_ROLLED_BACK}",
                   "a NULL arrived for a column that is NOT NULL"),
    "23505": Fault(DataError, "The source's rows are not unique by this key in PostgreSQL (case, "
                   f"trailing blanks, or rows doubled under NOLOCK). {_ROLLED_BACK}",
                   "two rows have the same key"),
    "23503": Fault(DataError, _ROLLED_BACK, "a foreign key is not satisfied"),
    "23514": Fault(DataError, _ROLLED_BACK, "a check constraint is not satisfied"),
    "22": Fault(DataError, _ROLLED_BACK, "a value cannot be stored"),
    "23": Fault(DataError, _ROLLED_BACK, "a constraint is not satisfied"),
    "P0": Fault(DataError, _ROLLED_BACK, "a trigger refused a row"),
    "53100": Fault(TableferryError, f"The target's disk is full. {_ROLLED_BACK} Make room there."),
    "25006": Fault(ConfigError, "PG_HOST is a read replica; name the primary."),
    "53": Fault(TransientError, _AGAIN),
    "55P03": Fault(TransientError, f"Another session held the table. {_AGAIN}"),
    "40": Fault(TransientError, _AGAIN),
    "57014": Fault(TransientError, f"The statement was cancelled. {_AGAIN}"),
    "57": Fault(TransientError, _AGAIN),
    "08": Fault(TransientError, _AGAIN),
    "42": Fault(SchemaError, "Check the table's configuration against the target."),
}  # fmt: skip
"""Looked up by the whole SQLSTATE, then by its class."""


@contextlib.contextmanager
def translated(settings: TargetSettings) -> Iterator[None]:
    """Turn psycopg's errors into ours while the block runs."""
    try:
        yield
    except psycopg.Error as error:
        ours, safe = translate(error, settings)
        raise ours from (error if safe else None)


def translate(error: psycopg.Error, settings: TargetSettings) -> tuple[TableferryError, bool]:
    """Return our error for psycopg's, and whether psycopg's text is safe to keep."""
    state = error.sqlstate or ""
    if not state:
        return _without_sqlstate(error, settings), True
    fault = FAULTS.get(state) or FAULTS.get(state[:2])
    if fault is None:
        hint = f"PostgreSQL refused the statement. {_ROLLED_BACK}"
        return TableferryError(f"{settings}: SQLSTATE {state}", hint=hint, code=state), False
    said = fault.said or (error.diag.message_primary or "").rstrip(".")
    message = f"{settings}: {said}{_where(error)} ({state})"
    return fault.kind(message, hint=fault.hint, code=state), not fault.said


def _where(error: psycopg.Error) -> str:
    """Name column and constraint; COPY names the column only in CONTEXT, before its value."""
    diag = error.diag
    column = diag.column_name
    row = ""
    if match := re.match(r"COPY .*?, line (\d+)(?:, column ([^:]+))?", diag.context or ""):
        row, column = f", row {match[1]} of the load", column or match[2]
    named = [f", {kind} {name!r}" for kind, name in (
        ("table", diag.table_name), ("column", column), ("constraint", diag.constraint_name)
    ) if name]  # fmt: skip
    return "".join(named) + row


def _without_sqlstate(error: psycopg.Error, settings: TargetSettings) -> TableferryError:
    """Errors of libpq itself: nothing was reached, or the connection broke."""
    text = " ".join(str(error).split())
    if "password authentication failed" in text or "no password supplied" in text:
        fault = FAULTS["28P01"]
        return fault.kind(f"{settings}: login failed for {settings.user!r} (28P01)",
                          hint=fault.hint, code="28P01")  # fmt: skip
    if "does not exist" in text and "database" in text:
        return ConfigError(f"{settings}: there is no such database (3D000)", hint="Check PG_DB.")
    if "role" in text and "does not exist" in text:
        return ConfigError(f"{settings}: login failed for {settings.user!r}", hint="Check PG_USER.")
    if "SSL" in text or "certificate" in text:
        return ConfigError(f"{settings}: {text}", hint="Set PG_SSLMODE, and PG_SSLROOTCERT.")
    if "pg_hba.conf" in text:
        fault = FAULTS["28000"]
        return fault.kind(f"{settings}: {text}", hint=fault.hint, code="28000")
    return TransientError(
        f"{settings} cannot be reached, or the connection was lost: {text}",
        hint=f"Check PG_HOST and PG_PORT. {_AGAIN}",
    )
