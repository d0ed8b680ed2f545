"""The result: a word for each table, why, and what to do; and its JSON form, version 1."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from tableferry.errors import ErrorReport, raise_any
from tableferry.model.html_table import html_table
from tableferry.states.records import (
    RunRecord,
    TableRecord,
    VerificationRecord,
    WatermarkRecord,
)
from tableferry.states.words import Word

FORMAT: Final = 1
"""The version of the JSON form. Keys may be added under the same one; docs/status.md lists them."""

LISTED_RUNS: Final = 20
"""The runs of each table that a report holds, and over which the usual speed is taken."""


@dataclass(frozen=True, slots=True)
class TableState:
    """How one table stands.

    ``why`` is a sentence, ``hint`` what the recorded error advises, ``command`` what to type; all
    are empty where the word is ``fresh``. ``age`` is the age of the rows in seconds, ``as_of`` the
    moment of which they are; None where nothing was published. ``runs`` are the newest ones of any
    outcome, the newest first. ``rows``, ``seconds`` and ``rows_per_second`` are of the last run
    that published, ``usual_rows_per_second`` is the median of the last ones that did.
    ``verified`` is the latest verification. ``quarantined`` counts rows since the last complete
    load, None where they may not be read. ``warnings`` are sentences about what may go wrong next,
    whatever the word is. ``losses`` are those that the last load declared, by source column.
    """

    table: str
    source: str
    target: str
    word: Word
    why: str = ""
    hint: str = ""
    command: str = ""
    age: float | None = None
    as_of: dt.datetime | None = None
    max_age: int | None = None
    rows: int | None = None
    seconds: float | None = None
    rows_per_second: int | None = None
    usual_rows_per_second: int | None = None
    watermark: WatermarkRecord | None = None
    watermark_age: float | None = None
    verified: VerificationRecord | None = None
    quarantined: int | None = None
    warnings: tuple[str, ...] = ()
    runs: tuple[TableRecord, ...] = ()
    losses: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_late(self) -> bool:
        """Whether its rows are older than they may be, whatever its word is."""
        return self.max_age is not None and self.age is not None and self.age > self.max_age

    @property
    def last_run(self) -> TableRecord | None:
        """The newest run of any outcome."""
        return self.runs[0] if self.runs else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; what is not known or does not apply is left out."""
        return {
            "table": self.table,
            "source": self.source,
            "target": self.target,
            "word": self.word.value,
            **({"why": self.why} if self.why else {}),
            **({"hint": self.hint} if self.hint else {}),
            **({"command": self.command} if self.command else {}),
            **({} if self.age is None else {"age_seconds": round(self.age, 3)}),
            **({} if self.as_of is None else {"rows_as_of": self.as_of.isoformat()}),
            **({} if self.max_age is None else {"max_age": self.max_age, "late": self.is_late}),
            **({} if self.rows is None else {"rows": self.rows}),
            **({} if self.seconds is None else {"seconds": round(self.seconds, 3)}),
            **({} if self.rows_per_second is None else {"rows_per_second": self.rows_per_second}),
            **(
                {}
                if self.usual_rows_per_second is None
                else {"usual_rows_per_second": self.usual_rows_per_second}
            ),
            **self._watermark(),
            **({"verified": self.verified.to_dict()} if self.verified else {}),
            **({} if self.quarantined is None else {"quarantined": self.quarantined}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"last_run": self.last_run.to_dict()} if self.last_run else {}),
        }

    def _watermark(self) -> dict[str, Any]:
        if self.watermark is None or self.watermark_age is None:
            return {}
        retention = self.watermark.retention
        found = {"mode": self.watermark.mode, "age_seconds": round(self.watermark_age, 3)}
        return {"watermark": found | ({"retention_seconds": retention} if retention else {})}


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How the configured ``tables`` stand, in their order.

    ``others`` are in the ledger, but not in the configuration. ``where`` names the target, ``at``
    is its clock. ``notes`` are sentences about the whole: that there is no ledger, say. Where it is
    not ``complete``, a source could not be asked for its tables, and some of the ``others`` may be
    configured.
    """

    at: dt.datetime
    where: str
    tables: tuple[TableState, ...]
    others: tuple[TableState, ...] = ()
    last_run: RunRecord | None = None
    ledger_version: int = 0
    notes: tuple[str, ...] = ()
    complete: bool = True

    @property
    def judged(self) -> tuple[TableState, ...]:
        """The tables that the totals and the exit code are about.

        The ``others`` as well where it is not ``complete``: one that is failing must not be silent
        because its source is down, too.
        """
        return self.tables if self.complete else (*self.tables, *self.others)

    def count(self, word: Word) -> int:
        """Return how many tables have this word."""
        return sum(table.word is word for table in self.judged)

    @property
    def ok(self) -> bool:
        """Whether every table is fresh, or is being loaded and not late."""
        return all(_is_ok(table) for table in self.judged)

    @property
    def any_ok(self) -> bool:
        """Whether at least one table is."""
        return any(_is_ok(table) for table in self.judged)

    @property
    def differs(self) -> bool:
        """Whether the rows of a table differ from its source's."""
        return self.count(Word.DIFFERS) > 0

    def raise_for_failure(self) -> Self:
        """Return the report if it is ok; else raise, as a run's outcome does.

        A table that is failing is raised as its run's error, one that differs as VerificationError,
        one that is held as LeaseHeldError, one that is late or was never loaded as TransientError:
        the next run mends that.
        """
        raise_any({one.table: _error_of(one) for one in self.judged if not _is_ok(one)})
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, as docs/status.md describes it."""
        return {
            "format": FORMAT,
            "at": self.at.isoformat(),
            "target": self.where,
            "ledger_version": self.ledger_version,
            "complete": self.complete,
            **({"notes": list(self.notes)} if self.notes else {}),
            **({"last_run": self.last_run.to_dict()} if self.last_run else {}),
            "tables": [table.to_dict() for table in self.tables],
            "others": [table.to_dict() for table in self.others],
            "totals": {
                "tables": len(self.judged),
                **{word.value: self.count(word) for word in Word},
            },
        }

    def _repr_html_(self) -> str:
        """Return the tables as one table, for notebooks."""
        headings = ("table", "status", "age", "rows", "why", "what to do")
        rows = [
            (
                one.table,
                one.word,
                None if one.age is None else round(one.age),
                one.rows,
                one.why,
                one.command,
            )
            for one in self.tables
        ]
        return html_table(headings, rows, "; ".join(self.notes))


_KINDS: Final = {Word.DIFFERS: "VerificationError", Word.HELD: "LeaseHeldError"}


def _error_of(table: TableState) -> ErrorReport:
    """Return a table that is not ok as the error whose class says what to do next."""
    recorded = table.last_run.error if table.last_run else None
    if table.word is Word.FAILING and recorded is not None:
        return replace(recorded, message=table.why)
    return ErrorReport(_KINDS.get(table.word, "TransientError"), table.why, table.hint)


def _is_ok(table: TableState) -> bool:
    return table.word is Word.FRESH or (table.word is Word.RUNNING and not table.is_late)
