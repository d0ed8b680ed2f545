"""The log of a Lambda: one JSON object a line on stdout, which CloudWatch takes as it is.

Lines hold names, counts, seconds and error reports; no secret and no cell value gets this far.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from tableferry.config.reporting import LEVELS

WORDS: Final = {"DEBUG": "debug", "INFO": "info", "WARNING": "warn", "ERROR": "error"}
"""The levels as Lambda's own filter knows them, where a function has one."""


@dataclass(frozen=True, slots=True)
class JsonLog:
    """Writes lines of at least ``level`` to ``out`` (None: stdout); ``facts`` stand in each."""

    level: str = "INFO"
    out: TextIO | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def bind(self, **facts: Any) -> "JsonLog":
        """Return a log with more facts in each line."""
        return replace(self, facts={**self.facts, **facts})

    def debug(self, event: str, **facts: Any) -> None:
        """Write what only somebody who looks for a mistake wants to know."""
        self._write("DEBUG", event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Write what went as it should."""
        self._write("INFO", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Write what went, but not as it should."""
        self._write("WARNING", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Write what did not go."""
        self._write("ERROR", event, facts)

    def _write(self, level: str, event: str, facts: Mapping[str, Any]) -> None:
        if LEVELS.index(level) < LEVELS.index(self.level):
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"timestamp": now, "level": WORDS[level], "event": event, **self.facts, **facts}
        # One call for the whole line: another thread's comes before or after it.
        (self.out or sys.stdout).write(json.dumps(line, default=str) + "\n")
