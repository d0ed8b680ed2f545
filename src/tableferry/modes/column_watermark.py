"""How far a table has been read along one of its columns: the text of it that the ledger keeps.

The value is the source's own exact text. It becomes T-SQL again, so what comes back from the ledger
has to have the form of a value of the column's type.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable
from tableferry.model.literals import is_exact_text, tsql_literal
from tableferry.model.schema import SourceColumn, SourceType
from tableferry.model.watermark import ReloadReason
from tableferry.modes.tracking_watermark import is_another

_CLOCK = SourceType("datetime2", 8, 27, 7)


@dataclass(frozen=True, slots=True)
class ColumnWatermark:
    """Every change below ``value`` in ``column`` has been read; None: there were no rows.

    ``type`` is the column's, in T-SQL. ``clock`` and ``utc`` are the source's local and universal
    time at that moment, empty where the column holds no times; ``ahead`` is by how many seconds at
    most the value was ahead of the clock then, because the clock had been set back. ``identity`` is
    the database's (see ``tracking``): a restored one holds another past.
    """

    column: str
    type: str
    value: str | None
    clock: str = ""
    utc: str = ""
    ahead: int = 0
    identity: dict[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """Return the text for the ledger: JSON in ASCII."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of(
        cls, text: str, column: SourceColumn, table: SourceTable, identity: Mapping[str, str]
    ) -> Self | ReloadReason:
        """Return the watermark that a text of the ledger holds, or why it does not count.

        Raises ConfigError for a text that ``to_text`` has not written: starting over silently
        would hide that something else writes into the ledger.
        """
        try:
            left = cls(**json.loads(text))
            if (left.column, left.type) != (column.name, str(column.type)):
                return ReloadReason.ENTRY_CHANGED
            if left.is_valid(column.type):
                changed = is_another(left.identity, identity)
                return ReloadReason.OTHER_DATABASE if changed else left
        except (ValueError, TypeError):
            pass
        raise ConfigError(
            f"The watermark of {table} in the ledger was not written by tableferry",
            hint="Delete its row in tableferry.watermarks: the next run reads every row.",
        )

    def is_valid(self, kind: SourceType) -> bool:
        """Whether every value has the form that it had when it was written."""
        clocks = (self.clock, self.utc)
        return (
            (self.value is None or is_exact_text(kind, self.value))
            and all(clock == "" or is_exact_text(_CLOCK, clock) for clock in clocks)
            and type(self.ahead) is int
            and self.ahead >= 0
            and isinstance(self.identity, dict)
            and all(isinstance(one, str) for one in self.identity.values())
        )

    @property
    def clock_literals(self) -> tuple[str, str]:
        """The T-SQL literals of both clocks."""
        return tsql_literal(_CLOCK, self.clock), tsql_literal(_CLOCK, self.utc)
