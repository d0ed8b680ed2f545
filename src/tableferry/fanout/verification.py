"""What the steps of a fanned-out verification hand to each other, as JSON: nothing is stored.

A chunk's result has the name of the chunk: a hash of the verification, the plan and the key range.
So the result of another cut, another plan or another verification is known as such.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from tableferry.config import TableSpec
from tableferry.errors import ConfigError, ErrorReport
from tableferry.fanout.assignment import Route
from tableferry.model.key_range import KeyRange
from tableferry.verification.options import Depth, VerifyOptions
from tableferry.verification.result import TableVerification
from tableferry.verification.result_form import report_of, short_report, small_form, verification_of

MOST_CHUNKS: Final = 100
"""Of a table: their results go through one state of Step Functions, of 256 KB at the most."""

CUT_BYTES: Final = 60_000
"""All key ranges of a table, as JSON."""

RESULT_BYTES: Final = 150_000
"""All results of a table's chunks."""

CHUNK_BYTES: Final = 1_000
"""The result of a chunk without what it says of columns: counts, texts, a few keys."""

COLUMN_BYTES: Final = 120
"""What the result of a chunk may say of one column: its name and how many rows differ in it."""


@dataclass(frozen=True, slots=True)
class VerificationBegun:
    """A table that has been cut, to be verified chunk by chunk, ``parallel`` at the same time.

    ``ranges`` cover all keys; there is none where the table cannot be verified, for ``reason`` or
    ``error``. ``fingerprint`` is the plan's, ``begun_at`` in seconds of the Unix epoch.
    """

    verification_id: UUID
    table: str
    fingerprint: str = ""
    ranges: tuple[KeyRange, ...] = ()
    parallel: int = 1
    begun_at: float = 0.0
    losses: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    reason: str = ""
    error: ErrorReport | None = None

    @property
    def chunks(self) -> tuple["ChunkToVerify", ...]:
        """The chunks, in the order of their keys."""
        return tuple(
            ChunkToVerify(self.verification_id, self.fingerprint, number, keys)
            for number, keys in enumerate(self.ranges)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "verification_id": str(self.verification_id),
            "table": self.table,
            "fingerprint": self.fingerprint,
            "chunks": [
                {"chunk": number, "range": keys.to_dict()}
                for number, keys in enumerate(self.ranges)
            ],
            "parallel": self.parallel,
            "begun_at": self.begun_at,
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"reason": self.reason} if self.reason else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }

    @classmethod
    def from_dict(cls, form: object) -> "VerificationBegun":
        """Return what ``to_dict`` wrote; raises ConfigError for anything else."""
        with _reading():
            return cls._of(form)

    @classmethod
    def _of(cls, form: Any) -> "VerificationBegun":
        return cls(
            UUID(form["verification_id"]),
            _text(form["table"]),
            _text(form.get("fingerprint", "")),
            tuple(KeyRange.from_dict(one["range"]) for one in form.get("chunks", ())),
            int(form.get("parallel", 1)),
            float(form.get("begun_at", 0.0)),
            {_text(k): _text(v) for k, v in form.get("losses", {}).items()},
            tuple(_text(one) for one in form.get("warnings", ())),
            _text(form.get("reason", "")),
            report_of(form["error"]) if "error" in form else None,
        )


@dataclass(frozen=True, slots=True)
class ChunkToVerify:
    """One key range of a verification, to be compared under the plan with this fingerprint."""

    verification_id: UUID
    fingerprint: str
    number: int
    keys: KeyRange

    @property
    def name(self) -> str:
        """What its result is known by: 16 hex digits."""
        facts = [str(self.verification_id), self.fingerprint, self.number, self.keys.to_json()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ChunkVerified:
    """What the comparison of a chunk has found; ``error`` in its place where it was not compared.

    ``name`` is that of the chunk; empty where a worker was lost and only the number is known.
    """

    number: int
    name: str = ""
    found: TableVerification | None = None
    error: ErrorReport | None = None

    def to_dict(self, most_bytes: int = CHUNK_BYTES) -> dict[str, Any]:
        """Return the JSON form, with as many rows that differ as there is room for."""
        return {
            "chunk": self.number,
            **({"name": self.name} if self.name else {}),
            **({"found": small_form(self.found, most_bytes)} if self.found else {}),
            **({"error": short_report(self.error)} if self.error else {}),
        }

    @classmethod
    def from_dict(cls, form: object) -> "ChunkVerified":
        """Return what ``to_dict`` wrote; raises ConfigError for anything else."""
        with _reading():
            return cls._of(form)

    @classmethod
    def _of(cls, form: Any) -> "ChunkVerified":
        return cls(
            int(form["chunk"]),
            _text(form.get("name", "")),
            verification_of(form["found"]) if "found" in form else None,
            report_of(form["error"]) if "error" in form else None,
        )


def verified_by(spec: TableSpec, wanted: VerifyOptions) -> tuple[Route, str]:
    """Return how a table is verified, and why it is not chunk by chunk where it is not."""
    if wanted.depth is not Depth.ROWS:
        return Route.WHOLE, f"'{wanted.depth}' compares little"
    if wanted.independent:
        return Route.WHOLE, "'independent' reads a sample of the whole table"
    if wanted.repair:
        return Route.WHOLE, "'repair' needs the keys of all rows that differ"
    if spec.chunks == 1:
        return Route.WHOLE, "'chunks' is 1"
    return Route.CHUNKS, ""


def most_chunks(columns: int) -> int:
    """Return into how many chunks a table of so many columns may be cut."""
    return max(1, min(MOST_CHUNKS, RESULT_BYTES // (CHUNK_BYTES + COLUMN_BYTES * columns)))


def joined(ranges: tuple[KeyRange, ...]) -> tuple[KeyRange, ...]:
    """Return the ranges, neighbours joined until their JSON fits: keys may be of 1,700 bytes."""
    while len(ranges) > 1 and sum(len(keys.to_json()) for keys in ranges) > CUT_BYTES:
        pairs = [ranges[place : place + 2] for place in range(0, len(ranges), 2)]
        ranges = tuple(KeyRange(pair[0].key, pair[0].low, pair[-1].high) for pair in pairs)
    return ranges


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Raise ConfigError for what a form of another kind raises in the block."""
    try:
        yield
    except (AttributeError, ConfigError, KeyError, TypeError, ValueError):
        raise ConfigError(
            "This was not handed on by a step of the same verification",
            hint="Begin the verification again.",
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value
