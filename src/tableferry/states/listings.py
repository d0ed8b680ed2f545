"""What is listed of the ledger: runs, the runs of tables, rows in quarantine. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tableferry.states.records import RunRecord, TableRecord
from tableferry.states.report import FORMAT


@dataclass(frozen=True, slots=True)
class RunList:
    """The newest runs of a ledger, the newest first; ``more``: there are older ones."""

    runs: tuple[RunRecord, ...]
    more: bool = False

    ok = any_ok = True
    """A list is no verdict on what it lists."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"format": FORMAT, "runs": [run.to_dict() for run in self.runs], "more": self.more}


@dataclass(frozen=True, slots=True)
class History:
    """The newest runs of ``table``, of all tables where it is empty, the newest first."""

    table: str
    runs: tuple[TableRecord, ...]
    more: bool = False

    ok = any_ok = True

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "format": FORMAT,
            **({"table": self.table} if self.table else {}),
            "runs": [run.to_dict() for run in self.runs],
            "more": self.more,
        }


@dataclass(frozen=True, slots=True)
class RefusedGroup:
    """Rows of one target in quarantine for one reason; ``column`` is empty for a whole row.

    ``rows`` counts refusals: a row that several runs have refused counts for each of them, ``runs``
    in all. ``keys`` are those of the newest ones, where they were asked for.
    """

    target: str
    column: str
    reason: str
    sqlstate: str
    rows: int
    runs: int
    newest: dt.datetime
    keys: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "target": self.target,
            **({"column": self.column} if self.column else {}),
            "reason": self.reason,
            **({"sqlstate": self.sqlstate} if self.sqlstate else {}),
            "rows": self.rows,
            "runs": self.runs,
            "newest": self.newest.isoformat(),
            **({"keys": [dict(key) for key in self.keys]} if self.keys else {}),
        }


@dataclass(frozen=True, slots=True)
class QuarantineList:
    """What lies in quarantine of ``table``, of all tables where it is empty, the newest first."""

    table: str
    groups: tuple[RefusedGroup, ...] = field(default=())

    ok = any_ok = True

    @property
    def rows(self) -> int:
        """How many refusals there are."""
        return sum(group.rows for group in self.groups)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "format": FORMAT,
            **({"table": self.table} if self.table else {}),
            "quarantine": [group.to_dict() for group in self.groups],
            "totals": {"rows": self.rows},
        }
