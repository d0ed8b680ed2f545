"""The results of a table's chunks added up to one verification: each chunk exactly once. Pure.

The worst verdict of a chunk is the table's. Rows that differ are the worst: a chunk of which
nothing is known, or that was not compared, takes nothing from them, and more rows may differ there.
Where no chunk differs, such a chunk leaves the table unverified.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tableferry.errors import ConfigError, ErrorReport, VerificationError
from tableferry.fanout.verification import ChunkVerified, VerificationBegun
from tableferry.model.counting import counted, verb
from tableferry.runs.verdict import not_verified
from tableferry.verification.differences import Difference
from tableferry.verification.key_conditions import cover_all
from tableferry.verification.result import TableVerification, Verdict

K = TypeVar("K")

WORST_LAST: Final = (
    Verdict.EQUAL,
    Verdict.PARTLY_COMPARED,
    Verdict.NOT_VERIFIED,
    Verdict.DIFFERS,
)

NEVER_COMPARED: Final = ErrorReport(
    "VerificationError",
    "It has no result: its step was not begun, or was ended with its worker",
    "See the log of the workers; verify the table again.",
)

ALTERED: Final = (
    "The target was loaded while its chunks were compared: they belong to different watermarks"
)


def add_up(
    unknown: TableVerification,
    begun: VerificationBegun,
    results: Sequence[ChunkVerified],
    limit: int,
) -> TableVerification:
    """Return the verification of a table from those of its chunks; ``limit`` rows are listed.

    Raises VerificationError where a result belongs to another verification, plan or cut, or comes
    twice, and ConfigError where the chunks do not cover all keys.
    """
    if begun.error:
        return replace(not_verified(unknown, begun.error), warnings=begun.warnings)
    if begun.reason:
        return replace(unknown, reason=begun.reason, warnings=begun.warnings)
    if not cover_all(begun.ranges):
        raise ConfigError(
            f"The chunks of {begun.table} do not cover all of its keys",
            hint="Begin the verification again.",
        )
    _require_own(begun, results)
    by_number = {one.number: one for one in results}
    found = [one.found for _, one in sorted(by_number.items()) if one.found]
    failed = {
        chunk.number: (one.error if one else None) or NEVER_COMPARED
        for chunk in begun.chunks
        if not ((one := by_number.get(chunk.number)) and one.found)
    }
    total = _total(unknown, begun, found, limit)
    return _without(total, failed, len(begun.ranges)) if failed else total


def _require_own(begun: VerificationBegun, results: Sequence[ChunkVerified]) -> None:
    chunks = begun.chunks
    for number, times in Counter(one.number for one in results).items():
        if times > 1 or not 0 <= number < len(chunks):
            raise _refusal(begun, f"chunk {number} has {counted(times, 'result')}")
    for one in results:
        if one.found and (one.name, one.found.table) != (chunks[one.number].name, begun.table):
            raise _refusal(begun, f"that of chunk {one.number} is of another verification or plan")
    if (
        len({frozenset(one.found.key) for one in results if one.found and one.found.differences})
        > 1
    ):
        raise _refusal(begun, "their rows have other keys")


def _refusal(begun: VerificationBegun, what: str) -> VerificationError:
    return VerificationError(
        f"The results of the chunks of {begun.table} do not belong together: {what}",
        hint="Begin the verification again.",
    )


def _total(
    unknown: TableVerification,
    begun: VerificationBegun,
    found: Sequence[TableVerification],
    limit: int,
) -> TableVerification:
    first = found[0] if found else unknown
    verdict = max((one.verdict for one in found), key=WORST_LAST.index, default=unknown.verdict)
    unsure = [one for one in found if one.verdict is Verdict.NOT_VERIFIED]
    reason = "; ".join(dict.fromkeys(one.reason for one in unsure))
    counting = found
    warnings = [*begun.warnings, *(text for one in found for text in one.warnings)]
    if unsure and verdict is Verdict.DIFFERS:
        counting = [one for one in found if one.verdict is not Verdict.NOT_VERIFIED]
        of = f"{len(unsure)} of {counted(len(begun.ranges), 'chunk')}"
        warnings.append(f"Of {of} it is not known whether rows differ: {reason}")
        reason = ""
    watermarks = {one.watermark for one in found}
    warnings += [ALTERED] if len(watermarks) > 1 else []
    key = next((one.key for one in counting if one.differences), ())
    return replace(
        unknown,
        target=first.target,
        verdict=verdict,
        reason=reason,
        source_rows=sum(one.source_rows for one in found),
        target_rows=sum(one.target_rows for one in found),
        counts=_sum(one.counts for one in counting),
        differences=tuple(row for one in counting for row in _rows(one, key))[:limit],
        key=key,
        by_column=_sum(one.by_column for one in counting),
        not_compared={key: why for one in found for key, why in one.not_compared.items()},
        explained=sum(one.explained for one in found),
        quarantined=sum(one.quarantined for one in found),
        kept=sum(one.kept for one in found),
        touched={
            column: _sum(one.touched.get(column, {}) for one in found)
            for column in dict.fromkeys(name for one in found for name in one.touched)
        },
        losses=begun.losses,
        as_of=first.as_of if len(begun.ranges) == 1 else _as_of(begun),
        watermark=watermarks.pop() if len(watermarks) == 1 else "",
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _rows(one: TableVerification, key: tuple[str, ...]) -> Iterable[Difference]:
    """Return the rows that differ with their keys in this order: JSON objects have none."""
    places = [one.key.index(name) for name in key] if one.differences else []
    return (replace(row, key=tuple(row.key[place] for place in places)) for row in one.differences)


def _without(
    total: TableVerification, failed: Mapping[int, ErrorReport], chunks: int
) -> TableVerification:
    """Return the verification of a table of which some chunks were not compared."""
    number, error = next(iter(failed.items()))
    was = verb(len(failed), "was", "were")
    some = f"{len(failed)} of {counted(chunks, 'chunk')} {was} not compared"
    total = replace(total, error=replace(error, message=f"Chunk {number}: {error.message}"))
    if total.verdict is Verdict.DIFFERS:
        return replace(total, warnings=(*total.warnings, f"{some}: more rows may differ"))
    reason = f"{some}; {total.reason}" if total.reason else some
    return replace(total, verdict=Verdict.NOT_VERIFIED, reason=reason)


def _sum(counts: Iterable[Mapping[K, int]]) -> dict[K, int]:
    total: Counter[K] = Counter()
    for one in counts:
        total.update(one)
    return dict(+total)


def _as_of(begun: VerificationBegun) -> str:
    when = dt.datetime.fromtimestamp(begun.begun_at, dt.UTC)
    return f"{when:%Y-%m-%d %H:%M:%S} UTC and after: the chunks were compared one by one"
