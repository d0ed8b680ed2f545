"""What can go wrong, sorted by what the caller does next.

The class says what a program should do (retry, fix the configuration, look at the data); the
``hint`` says what a person should do. No message and no hint ever holds a password or the value
of a cell: where a driver's own text may hold one, the driver's error is left out of the chain.
"""

NOT_REACHED = frozenset({"08S01", "HYT00", "08001", "08006", "TLS", "ENTRA"})
"""Codes that say that nobody answered, or with nothing but a handshake."""


class TableferryError(Exception):
    """Something went wrong that tableferry knows how to name."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        """``code`` is the database's own: SQL Server's error number or PostgreSQL's SQLSTATE."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    @property
    def reached(self) -> bool:
        """Whether a database answered: only its own answers have a code."""
        return bool(self.code) and self.code not in NOT_REACHED

    def __str__(self) -> str:
        return self.message


class TransientError(TableferryError):
    """The same thing may work if it is tried again: nothing was changed."""


class CommitUnknownError(TransientError):
    """The connection was lost at COMMIT: the load may be visible, or not at all."""


class ConfigError(TableferryError):
    """The configuration, the environment or the call is wrong: trying again changes nothing."""


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
        """``reason`` is what PostgreSQL had against it, with the names that it told."""
        super().__init__(message, hint=hint, code=code)
        self.reason = reason
        self.column = column
        self.constraint = constraint

    def within(self, place: str) -> "DataError":
        """Return the same error, with the place behind its message."""
        return DataError(
            f"{self.message}: {place}",
            hint=self.hint,
            code=self.code,
            reason=self.reason,
            column=self.column,
            constraint=self.constraint,
        )


class VerificationError(TableferryError):
    """What arrived is not what was sent; the load was rolled back and the old rows stay."""


class LeaseHeldError(TableferryError):
    """Another run that is alive has the right to load this table; nothing was changed."""


class LeaseLostError(TableferryError):
    """Another run took over this table; this one published nothing."""


class DeadlineError(TableferryError):
    """The time that a run was given is over; what it had not published yet is not visible."""


class GuardError(TableferryError):
    """The rows that came are too few to be believed: a person decides; the old rows stay."""
