"""A structured log for CloudWatch: one JSON object a line on stdout.

Lines hold names, counts, seconds and error reports, never a secret or a cell value.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from tableferry.config.reporting import LEVELS

WORDS: Final = {"DEBUG": "debug", "INFO": "info", "WARNING": "warn", "ERROR": "error"}
"""Levels as Lambda's log filter (ApplicationLogLevel) spells them."""


@dataclass(frozen=True, slots=True)
class JsonLog:
    """Writes lines of at least ``level`` to ``out`` (None: stdout), each with ``facts``."""

    level: str = "INFO"
    out: TextIO | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def bind(self, **facts: Any) -> "JsonLog":
        """Return a log with more facts in each line."""
        return replace(self, facts={**self.facts, **facts})

    def debug(self, event: str, **facts: Any) -> None:
        """Write a line that only debugging needs."""
        self._write("DEBUG", event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Write a line about normal operation."""
        self._write("INFO", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Write a line about a problem that nothing failed for."""
        self._write("WARNING", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Write a line about a failure."""
        self._write("ERROR", event, facts)

    def _write(self, level: str, event: str, facts: Mapping[str, Any]) -> None:
        if LEVELS.index(level) < LEVELS.index(self.level):
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"timestamp": now, "level": WORDS[level], "event": event, **self.facts, **facts}
        # One write for the whole line: lines of other threads do not interleave with it.
        (self.out or sys.stdout).write(json.dumps(line, default=str) + "\n")
