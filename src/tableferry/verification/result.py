"""The result of a verification: a verdict for each table, as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from tableferry.errors import ErrorReport, VerificationError, raise_any
from tableferry.model.counting import counted, verb
from tableferry.model.html_table import html_table
from tableferry.verification.differences import Difference, DifferenceKind
from tableferry.verification.options import Depth

UNCHANGED: Final = "unchanged"
"""What a repair has done with rows that had become equal by then."""

_SEE_AND_REPAIR: Final = (
    "Look at them with: tableferry verify; make them equal with: tableferry verify --repair, or "
    "load the table anew."
)


class Verdict(StrEnum):
    """What is known of a table after its verification.

    ``partly compared``: what was compared is equal, but some columns were not compared.
    """

    EQUAL = "equal"
    DIFFERS = "differs"
    PARTLY_COMPARED = "partly compared"
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True, slots=True)
class TableVerification:
    """One table's verification.

    ``counts`` are the rows that differ, by kind; ``differences`` the first of them, as many as were
    asked for, and ``by_column`` how many rows have another value in a column. ``reason`` says why a
    table is not verified. ``explained`` counts rows that were changed at the source since the
    target's rows were read, ``quarantined`` those that are in quarantine, ``kept`` those that the
    entry keeps though the source no longer has them: none of them is a difference. ``touched``
    counts the values that a policy altered, and ``losses`` are the declared ones, both by source
    column. ``confidence`` says in words what a sample shows. ``as_of`` says of which moment it is
    true, ``watermark`` how far the target's rows had been read, both in words; it is empty where
    the mode keeps none. ``watermark_is_value``: it shows a value of a column. ``repaired`` counts
    the rows of a repair by what was done with them.
    """

    table: str
    target: str
    verdict: Verdict
    depth: Depth
    source_rows: int = 0
    target_rows: int = 0
    counts: Mapping[DifferenceKind, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    key: tuple[str, ...] = ()
    by_column: Mapping[str, int] = field(default_factory=dict)
    not_compared: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    explained: int = 0
    quarantined: int = 0
    kept: int = 0
    touched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    losses: Mapping[str, str] = field(default_factory=dict)
    confidence: str = ""
    as_of: str = ""
    watermark: str = ""
    watermark_is_value: bool = False
    repaired: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    error: ErrorReport | None = None

    @property
    def ok(self) -> bool:
        """Whether all that was compared is equal."""
        return self.verdict in {Verdict.EQUAL, Verdict.PARTLY_COMPARED}

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return sum(self.counts.values())

    @property
    def rows_repaired(self) -> int:
        """How many rows were made equal."""
        return sum(rows for what, rows in self.repaired.items() if what != UNCHANGED)

    @property
    def watermark_without_values(self) -> str:
        """The watermark, empty where it shows a value of a column."""
        return "" if self.watermark_is_value else self.watermark

    @property
    def failure(self) -> ErrorReport | None:
        """What a caller should be told as an error, None where all that was compared is equal.

        Rows that differ come first, whatever else has failed.
        """
        if self.verdict is Verdict.DIFFERS:
            return self._differing_rows()
        if self.ok or self.error is not None:
            return self.error
        return ErrorReport("NotVerified", f"It was not verified: {self.reason}", "")

    def _differing_rows(self) -> ErrorReport:
        rows = counted(self.differing, "row")
        differ = verb(self.differing, "differs", "differ")
        message = f"{rows} of {self.target} {differ} from the source"
        if self.error:
            message += f"; {self.error.kind}: {self.error.message}"
        hint = self.error.hint if self.error else _SEE_AND_REPAIR
        return ErrorReport(VerificationError.__name__, message, hint)

    def to_dict(self, *, rows: bool = True) -> dict[str, Any]:
        """Return the JSON form; what does not apply is left out.

        ``rows`` False: without the rows that differ, whose keys are values of the table, and
        without a watermark that is one.
        """
        watermark = self.watermark if rows else self.watermark_without_values
        listed = self.differences if rows else ()
        counts = {kind.value: self.counts[kind] for kind in DifferenceKind if self.counts.get(kind)}
        return {
            "table": self.table,
            "target": self.target,
            "verdict": self.verdict.value,
            "depth": self.depth.value,
            "source_rows": self.source_rows,
            "target_rows": self.target_rows,
            **({"differing": self.differing, "counts": counts} if counts else {}),
            **({"by_column": dict(self.by_column)} if self.by_column else {}),
            **({"differences": [self._row(one) for one in listed]} if listed else {}),
            **({"not_compared": dict(self.not_compared)} if self.not_compared else {}),
            **({"reason": self.reason} if self.reason else {}),
            **({"explained": self.explained} if self.explained else {}),
            **({"quarantined": self.quarantined} if self.quarantined else {}),
            **({"kept": self.kept} if self.kept else {}),
            **({"touched": {c: dict(r) for c, r in self.touched.items()}} if self.touched else {}),
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"confidence": self.confidence} if self.confidence else {}),
            **({"as_of": self.as_of} if self.as_of else {}),
            **({"watermark": watermark} if watermark else {}),
            **({"repaired": dict(self.repaired)} if self.repaired else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "seconds": round(self.seconds, 3),
            **({"error": self.error.to_dict()} if self.error else {}),
        }

    def _row(self, found: Difference) -> dict[str, Any]:
        return {
            "kind": found.kind.value,
            "key": dict(zip(self.key, found.key, strict=True)),
            **({"columns": list(found.columns)} if found.columns else {}),
            **({"source": dict(found.source)} if found.source else {}),
            **({"target": dict(found.target)} if found.target else {}),
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """The verification of several tables, in their order. ``run_id`` is the ledger's."""

    tables: tuple[TableVerification, ...]
    seconds: float = 0.0
    run_id: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no table differs, and each could be compared."""
        return all(table.ok for table in self.tables)

    @property
    def any_ok(self) -> bool:
        """Whether any table could be compared and does not differ."""
        return any(table.ok for table in self.tables)

    @property
    def differs(self) -> bool:
        """Whether any table differs."""
        return any(table.verdict is Verdict.DIFFERS for table in self.tables)

    def count(self, verdict: Verdict) -> int:
        """Return how many tables have this verdict."""
        return sum(table.verdict is verdict for table in self.tables)

    def raise_for_failure(self) -> Self:
        """Return the verification if it is ok; else raise, as a run's outcome does."""
        raise_any({table.table: table.failure for table in self.tables if table.failure})
        return self

    def _repr_html_(self) -> str:
        """Return the verdicts as a table, for notebooks."""
        headings = ("table", "target", "verdict", "rows", "differing", "seconds", "remarks")
        return html_table(headings, map(_row, self.tables), "; ".join(self.warnings))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: ``tables`` and ``totals``."""
        return {
            **({"run_id": self.run_id} if self.run_id else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "tables": [table.to_dict() for table in self.tables],
            "totals": {
                "tables": len(self.tables),
                **{verdict.value: self.count(verdict) for verdict in Verdict},
                "seconds": round(self.seconds, 3),
            },
        }


def _row(found: TableVerification) -> tuple[object, ...]:
    error = (f"{found.error.kind}: {found.error.message}",) if found.error else ()
    skipped = (f"{column}: {why}" for column, why in found.not_compared.items())
    remarks = "; ".join((*error, *([found.reason] if found.reason else []), *skipped))
    counts = (found.source_rows, found.differing, f"{found.seconds:.2f}")
    return (found.table, found.target, found.verdict, *counts, remarks)
