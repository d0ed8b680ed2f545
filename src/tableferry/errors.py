"""Errors, sorted by what the caller does next.

The class says what a program should do (retry, fix the configuration, look at the data); the
``hint`` says what a person should do. No message and no hint holds a password or a cell value:
where a driver's own text may hold one, the driver's error is left out of the chain.
"""

import errno
import os
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOT_REACHED: Final = frozenset({"08S01", "HYT00", "08001", "08006", "TLS", "ENTRA"})
"""Codes of connections that failed before the database itself answered."""

DRIFT: Final = "DRIFT"
"""Code of a SchemaError: the columns of both sides, or of a plan, are no longer the same."""


class TableferryError(Exception):
    """Base class of every error that tableferry raises on purpose."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        """``code`` is the database's own: SQL Server's error number or PostgreSQL's SQLSTATE."""
        self.message = printable(message)
        super().__init__(self.message)
        self.hint = printable(hint)
        self.code = code

    @property
    def reached(self) -> bool:
        """Whether a database answered: only a database's own errors have a code."""
        return bool(self.code) and self.code not in NOT_REACHED

    def __str__(self) -> str:
        return self.message


def printable(text: str) -> str:
    """Return text in which every control character but a newline is shown as an escape.

    A message may hold a name that comes from a database, and a caller may print it on a terminal.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


class TransientError(TableferryError):
    """A retry may succeed; nothing was changed."""


class CommitUnknownError(TransientError):
    """The connection was lost at COMMIT: the load is visible as a whole, or not at all."""


class ConfigError(TableferryError):
    """The configuration, the environment or the call is wrong: a retry fails the same way."""


class SchemaError(TableferryError):
    """Source and target do not fit together; nothing was changed."""


class DataError(TableferryError):
    """A value cannot be stored exactly; the load was rolled back and the old rows stay."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        reason: str = "",
        column: str = "",
        constraint: str = "",
    ) -> None:
        """``reason``, ``column`` and ``constraint`` are PostgreSQL's, where it named them."""
        super().__init__(message, hint=hint, code=code)
        self.reason = reason
        self.column = column
        self.constraint = constraint

    def within(self, place: str) -> "DataError":
        """Return the same error with the place appended to its message."""
        return DataError(
            f"{self.message}: {place}",
            hint=self.hint,
            code=self.code,
            reason=self.reason,
            column=self.column,
            constraint=self.constraint,
        )


class VerificationError(TableferryError):
    """The target does not hold what was sent; the load was rolled back and the old rows stay.

    Raised for a verification: the rows that were published differ from the source's, and stay.
    """


class LeaseHeldError(TableferryError):
    """Another live run holds the table's lease; nothing was changed."""


class LeaseLostError(TableferryError):
    """Another run took the lease over; this one published nothing."""


class DeadlineError(TableferryError):
    """The run's time limit was reached; tables not yet published keep their old rows."""


class GuardError(TableferryError):
    """The load would remove more rows than ``max_shrink`` allows; the old rows stay."""


class RunFailedError(TableferryError):
    """Several tables of a run failed; ``errors`` holds the error of each, by table."""

    def __init__(self, errors: Mapping[str, TableferryError]) -> None:
        listed = "".join(f"\n  {name}: {error.message}" for name, error in errors.items())
        super().__init__(
            f"{len(errors)} failed:{listed}", hint="Each of ``errors`` has a hint of its own."
        )
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """An error as plain data, for results, JSON and the ledger; no secret, no cell value."""

    kind: str
    message: str
    hint: str
    code: str = ""

    @classmethod
    def of(cls, error: Exception) -> "ErrorReport":
        """Describe an error; of an unforeseen one only its type and place: its text may quote."""
        if isinstance(error, TableferryError):
            return cls(type(error).__name__, error.message, error.hint, error.code)
        return cls(
            type(error).__name__,
            f"An error that tableferry did not foresee: {kind_and_place(error)}",
            "A load that was under way was rolled back; its old rows stay. Please report this.",
        )

    def to_error(self) -> TableferryError:
        """Return the error to raise: of the class that ``kind`` names, where that is one of ours.

        Other kinds (a cancelled or skipped table, an unforeseen error) become TableferryError.
        """
        kind = _CLASSES.get(self.kind, TableferryError)
        return kind(self.message, hint=self.hint, code=self.code)

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {
            "type": self.kind,
            "message": self.message,
            "hint": self.hint,
            **({"code": self.code} if self.code else {}),
        }


def raise_any(failures: Mapping[str, ErrorReport]) -> None:
    """Raise what failed, by name: one error as its own class, several as RunFailedError."""
    errors = {name: failure.to_error() for name, failure in failures.items()}
    if len(errors) > 1:
        raise RunFailedError(errors)
    for name, error in errors.items():
        raise type(error)(f"{name}: {error.message}", hint=error.hint, code=error.code)


_CLASSES: Final[dict[str, type[TableferryError]]] = {
    kind.__name__: kind
    for kind in (
        TransientError,
        CommitUnknownError,
        ConfigError,
        SchemaError,
        DataError,
        VerificationError,
        LeaseHeldError,
        LeaseLostError,
        DeadlineError,
        GuardError,
    )
}


def driver_failed(error: Exception, connection: str, *, at_login: bool = False) -> TableferryError:
    """Return the error for a driver or library that raised what it does not document.

    Such an error's text may hold the connection string or a value: it is left out, and this error
    has to be raised ``from None``.
    """
    if isinstance(error, MemoryError):
        return TableferryError(
            f"{connection}: this process is out of memory",
            hint="Give it more memory, or lower 'batch_size' and 'parallel'. Nothing was changed.",
        )
    doing = "the driver failed to connect" if at_login else "the driver failed"
    what = "Check the settings of this connection" if at_login else "Please report this"
    return TableferryError(
        f"{connection}: {doing}: {kind_and_place(error)}",
        hint=f"Nothing was changed. {what}; the driver's own text is withheld, since it may hold a "
        "password or a value.",
    )


_SYSTEM_REASONS: Final = tuple(
    sorted(
        {os.strerror(number) for number in errno.errorcode}
        | {"timeout expired", "timed out", "unexpected eof", "Name or service not known"}
        | {"server closed the connection unexpectedly", "certificate verify failed"},
        key=lambda reason: (-len(reason), reason),
    )
)
"""What an operating system or a TLS library says about a connection; the longest first."""


def system_reason(text: str) -> str:
    """Return the first known reason that a library's text names, otherwise an empty text.

    A library's text may hold anything; the reason is one of a fixed list.
    """
    lowered = text.lower()
    found = [(lowered.find(reason.lower()), reason) for reason in _SYSTEM_REASONS]
    return min((one for one in found if one[0] >= 0), key=lambda one: one[0], default=(0, ""))[1]


def os_reason(error: Exception) -> str:
    """Return why the operating system or OpenSSL refused something, in their own fixed words."""
    if isinstance(error, TimeoutError):
        return "timed out"
    reason = getattr(error, "reason", None)  # ssl.SSLError's: a constant of OpenSSL
    if isinstance(reason, str) and re.fullmatch(r"[A-Z0-9_]+", reason):
        return reason.replace("_", " ").lower()
    number = error.errno if isinstance(error, OSError) else None
    if number is not None and number in errno.errorcode:
        return os.strerror(number)
    return system_reason(str(error)) or type(error).__name__


def masked(text: str) -> str:
    """Return ``text`` without what it quotes: everything from the first quotation mark to the last.

    Messages do not double quotation marks inside a quoted value, so no pair of them can be trusted.
    ``value = 300`` has no quotation marks at all.
    """
    text = re.sub(r"""['"(](.*['")])?(?(1)|.*$)""", "(...)", text, count=1, flags=re.DOTALL)
    return re.sub(r"\bvalue = \S+?(?=\.?(\s|$))", "value = (...)", text)


def kind_and_place(error: BaseException) -> str:
    """Return an error's class and where it was raised, as ``ValueError at notebook.py:12``."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
