"""Errors, sorted by what the caller does next.

The class says what a program should do (retry, fix the configuration, look at the data); the
``hint`` says what a person should do. No message and no hint holds a password or a cell value:
where a driver's own text may hold one, the driver's error is left out of the chain.
"""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOT_REACHED: Final = frozenset({"08S01", "HYT00", "08001", "08006", "TLS", "ENTRA"})
"""Codes of connections that failed before the database itself answered."""


class TableferryError(Exception):
    """Base class of every error that tableferry raises on purpose."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        """``code`` is the database's own: SQL Server's error number or PostgreSQL's SQLSTATE."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    @property
    def reached(self) -> bool:
        """Whether a database answered: only a database's own errors have a code."""
        return bool(self.code) and self.code not in NOT_REACHED

    def __str__(self) -> str:
        return self.message


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
    """The target does not hold what was sent; the load was rolled back and the old rows stay."""


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
            "The load was rolled back; the old rows stay. Please report this.",
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


def driver_failed(error: Exception, connection: str) -> TableferryError:
    """Return the error for a driver that raised what it does not document, while it connected.

    Such an error's text may hold the connection string: raise this one ``from None``.
    """
    return TableferryError(
        f"{connection}: the driver failed to connect: {kind_and_place(error)}",
        hint="Nothing was changed. Check the settings of this connection; the driver's own text is "
        "withheld, since it may hold the password.",
    )


def kind_and_place(error: Exception) -> str:
    """Return an error's class and where it was raised, as ``ValueError at notebook.py:12``."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
