"""Translates PostgreSQL's errors into ours, by SQLSTATE (``sqlstates``) or text (``libpq_errors``).

DETAIL and CONTEXT quote values ("Key (id)=(42) already exists.", "COPY t, line 7, column a:
..."), and in data errors the message may, too. Those texts are dropped, and the driver's exception
with them from the chain; the SQLSTATE and the names of objects are kept.
"""

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Final

import psycopg

from tableferry.config import TargetSettings
from tableferry.errors import ConfigError, DataError, TableferryError, driver_failed
from tableferry.postgres.error_location import FINDS_A_PAGE, ErrorLocation, is_staging_name
from tableferry.postgres.libpq_errors import without_sqlstate
from tableferry.postgres.poolers import UNKNOWN_POOLER, find_pooler_error
from tableferry.postgres.sqlstates import ROW_TOO_LARGE, Meaning, meaning_of

__all__ = ["is_staging_name", "replica_error", "translate", "translated", "without_texts"]

_OWN_IN_FUNCTIONS: Final = frozenset({"40", "53", "55", "57"})
"""Classes of errors whose messages quote nothing, whatever function was running."""

_BROKEN_PROTOCOL: Final = "08P01"

_LACKING: Final = r'has no equivalent in encoding "(\w+)"$'
"""The end of the message of 22P05, whose beginning shows bytes of the value."""

_NAMES_ITS_FUNCTION: Final = frozenset({"XX", "58", ""})
"""Classes (and the unknown ones) of which PostgreSQL's function tells more than our words."""


@contextlib.contextmanager
def translated(settings: TargetSettings, *, at_login: bool = False) -> Iterator[None]:
    """Translate whatever psycopg and the encoder raise into our errors while the block runs.

    ``at_login``: the block logs in. Our own errors pass unchanged.
    """
    try:
        yield
    except TableferryError:
        raise
    except psycopg.Error as error:
        ours = translate(error, settings)
        ours.hint = settings.worded(ours.hint)
        raise ours from None
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, its text may quote
        raise driver_failed(error, str(settings), at_login=at_login) from None


def without_texts(record: logging.LogRecord) -> bool:
    """Replace the exceptions in a record of psycopg's log by their classes: a filter for it.

    psycopg logs errors that it ignores, with texts that may quote a value.
    """
    if isinstance(record.args, tuple):
        record.args = tuple(
            type(value).__name__ if isinstance(value, BaseException) else value
            for value in record.args
        )
    return True


def translate(error: psycopg.Error, settings: TargetSettings) -> TableferryError:
    """Return our error for psycopg's."""
    state = error.sqlstate or ""
    if not state:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return without_sqlstate(error, str(settings))
        return driver_failed(error, str(settings))
    if ours := _of_pooler(error, state, settings):
        return ours
    is_large = error.diag.source_function == FINDS_A_PAGE
    meaning = ROW_TOO_LARGE if is_large else meaning_of(state)
    location = ErrorLocation.of(error)
    reason = _reason(error, meaning)
    message = f"{settings}: {reason}{location} ({state})"
    if meaning.kind is DataError:
        return DataError(message, hint=meaning.hint, code=state, reason=reason,
                         column=location.column, constraint=location.constraint)  # fmt: skip
    return meaning.kind(message, hint=meaning.hint, code=state)


def _of_pooler(
    error: psycopg.Error, state: str, settings: TargetSettings
) -> TableferryError | None:
    """Return the error of a pooler; None for PostgreSQL's own, which names its function."""
    if error.diag.source_function:
        return None
    known = find_pooler_error(error.diag.message_primary or "")
    if known is None and state != _BROKEN_PROTOCOL:
        return None
    if known is None:
        message = f"{settings}: {UNKNOWN_POOLER.pooler} broke the protocol ({state})"
        return UNKNOWN_POOLER.kind(message, hint=UNKNOWN_POOLER.hint, code=state)
    message = f"{settings}: {known.message} ({known.code})"
    return known.kind(message, hint=known.hint, code=known.code)


def _reason(error: psycopg.Error, meaning: Meaning) -> str:
    """Return PostgreSQL's message where it holds no value, otherwise ours."""
    function = error.diag.source_function or ""
    if meaning.passes:
        if _is_raised_by_function(error):
            return "a function of the database failed"
        if function:
            return (error.diag.message_primary or "").rstrip(".") or meaning.message
    if lacking := re.search(_LACKING, error.diag.message_primary or ""):
        return f"{meaning.message}, {lacking[1]}"
    if meaning.state[:2] in _NAMES_ITS_FUNCTION and re.fullmatch(r"\w+", function):
        return f"{meaning.message}, in {function}"
    return meaning.message


def _is_raised_by_function(error: psycopg.Error) -> bool:
    """Return whether a function, say a trigger, may have written the message and quoted a value.

    A function may raise any SQLSTATE (RAISE ... USING ERRCODE), or run a statement made of a value
    (EXECUTE). PostgreSQL's own errors in a function (a deadlock, a lock timeout) quote nothing.
    """
    if error.diag.source_function == "exec_stmt_raise":
        return True
    lines = (error.diag.context or "").splitlines()
    is_own_error = (error.sqlstate or "")[:2] in _OWN_IN_FUNCTIONS
    return not is_own_error and any(not line.startswith("COPY ") for line in lines)


def replica_error(settings: TargetSettings) -> ConfigError:
    """Return the error of a target that only reads, since it follows another server."""
    return ConfigError(
        f"{settings} is a read replica (25006)",
        hint=f"{settings.variable('host')} must name the primary.",
        code="25006",
    )
