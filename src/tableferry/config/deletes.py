"""``deletes``: what becomes of a target row whose source row is gone."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class DeleteHandling(StrEnum):
    """How deleted rows are handled.

    ``hard`` deletes them from the target, ``soft`` marks them in a column of the target.
    ``reconcile`` and ``ignore`` are for the modes that do not see deleted rows: ``reconcile``
    compares the keys of both sides from time to time and deletes those that only the target has,
    ``ignore`` leaves them there, also in a run that reads every row.
    """

    HARD = "hard"
    SOFT = "soft"
    RECONCILE = "reconcile"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Deletes:
    """How deleted rows are handled; ``column`` is the target's for ``soft``, empty elsewhere."""

    how: DeleteHandling
    column: str = ""

    @property
    def keeps_rows(self) -> bool:
        """Whether rows stay in the target although their source rows are gone."""
        return self.how in (DeleteHandling.SOFT, DeleteHandling.IGNORE)

    @classmethod
    def parse(cls, text: str) -> "Deletes":
        """Return what ``hard``, ``soft:<column>``, ``reconcile`` or ``ignore`` says.

        Raises ValueError for anything else. Whether the column's name is valid is not looked at.
        """
        how, colon, column = text.partition(":")
        found = cls(DeleteHandling(how), column)
        if bool(colon) is not (found.how is DeleteHandling.SOFT) or bool(colon) is not bool(column):
            raise ValueError(text)
        return found

    def __str__(self) -> str:
        return f"{self.how}:{self.column}" if self.column else self.how.value


HARD: Final = Deletes(DeleteHandling.HARD)
"""The default where the mode sees deleted rows."""

FORMS: Final = "hard, soft:<column>, reconcile, ignore"
"""What can be written, for messages."""
