"""What a run of the storm said of itself: the JSON that the command printed."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

UNKNOWN: Final = "CommitUnknownError"
KILLED: Final = "killed"


@dataclass(frozen=True)
class RunReport:
    """The JSON that a run printed, by table; empty when it was killed before printing."""

    run_id: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def parse(cls, printed: str) -> "RunReport":
        """Read a run's output."""
        try:
            result = json.loads(printed)
            return cls(result["run_id"], {one["table"]: one for one in result["tables"]})
        except (ValueError, KeyError):
            return cls()

    def status(self, table: str) -> str:
        """Return a table's status, ``killed`` if the run did not report one."""
        return str(self.tables.get(table, {}).get("status", KILLED))

    def is_unknown(self, table: str) -> bool:
        """Whether the run could not find out if its COMMIT had succeeded."""
        return self.tables.get(table, {}).get("error", {}).get("type") == UNKNOWN

    def is_idle(self, table: str) -> bool:
        """Whether the table had no changes, so that it needed no run of its own."""
        return bool(self.tables.get(table, {}).get("idle"))

    def compared_keys(self, table: str) -> bool:
        """Whether the run saw every key of the source: compared, or with its row."""
        one = self.tables.get(table, {})
        return self.status(table) == "ok" and bool(one.get("reconciled") or one.get("reload"))

    def may_have_published(self, table: str) -> bool:
        """Whether the target may have new rows: the run reports so, or could not report."""
        return self.status(table) in ("ok", KILLED) or self.is_unknown(table)

    def resumed(self, table: str) -> bool:
        """Whether the run used chunks that an earlier run had stored."""
        warnings = self.tables.get(table, {}).get("warnings", [])
        return any("earlier run" in text for text in warnings)
