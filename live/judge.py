"""Compares an answer with what a probe expects of it. Pure."""

from enum import StrEnum
from typing import Final

from live.answers import Answer, Answered, Failed
from live.probe import Expectation, Expected, Fails, Rows, Succeeds
from live.refusals import NAMES, SYNTAX, is_forbidden, is_refusal
from live.written import ANY, like
from tableferry.sqlserver.messages import GROUPS


class Verdict(StrEnum):
    """What came of a probe."""

    PASSED = "passed"
    DIFFERS = "differs"
    REFUSED = "refused"
    """The server does not support what the probe is about."""
    NOT_RUN = "not run"
    """Its version, its components or the rights of the login are not those of the probe."""


KNOWN: Final = frozenset(message.code for group in GROUPS.values() for message in group)
"""The numbers that the engine tells from others."""

SHOWN_ROWS: Final = 20


def expected_of(expectations: tuple[Expectation, ...], year: int | None) -> Expected | None:
    """Return what a server of this version should answer; None where nothing is said about it.

    A server that does not say its version is judged by the newest that is described.
    """
    if year is None:
        return expectations[-1].expected if expectations else None
    return next((one.expected for one in expectations if year in one.versions), None)


def judge(
    expected: Expected,
    answer: Answer,
    own: frozenset[str] = frozenset(),
    *,
    impersonates: bool = False,
) -> Verdict:
    """Return the verdict about one answer.

    ``own`` are the names that the probe creates. ``impersonates``: it acts as a user that it has
    created, whose rights are those that it granted.
    """
    if _is(expected, answer):
        return Verdict.PASSED
    if isinstance(answer, Answered) or _answers_the_same(expected, answer):
        return Verdict.DIFFERS
    if is_refusal(answer.number, answer.text, own):
        return Verdict.REFUSED
    may_lack_rights = not impersonates and not isinstance(expected, Fails)
    if may_lack_rights and is_forbidden(answer.number, answer.text, own):
        return Verdict.NOT_RUN
    return Verdict.DIFFERS


def _answers_the_same(expected: Expected, answer: Failed) -> bool:
    """Tell whether it is the expected error in other words, or one of the same kind."""
    if not isinstance(expected, Fails):
        return False
    both = {expected.number, answer.number}
    return len(both) == 1 or any(both <= kind for kind in (SYNTAX, NAMES))


def _is(expected: Expected, answer: Answer) -> bool:
    if isinstance(expected, Succeeds):
        return isinstance(answer, Answered)
    if isinstance(expected, Fails):
        return (
            isinstance(answer, Failed)
            and answer.number == expected.number
            and like(expected.text, answer.text)
            and _is_recognized(answer)
        )
    return isinstance(answer, Answered) and _same_rows(expected, answer)


def _is_recognized(answer: Failed) -> bool:
    """Tell whether the engine takes the error for what it is, where it knows the number."""
    return str(answer.number) not in KNOWN or answer.code == str(answer.number)


def _same_rows(expected: Rows, answer: Answered) -> bool:
    if answer.columns != expected.columns or len(answer.rows) != len(expected.rows):
        return False
    if expected.types and answer.types != expected.types:
        return False
    if expected.ordered:
        return all(map(_same_row, expected.rows, answer.rows))
    return _paired(list(expected.rows), list(answer.rows))


def _same_row(expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    return all(want in {ANY, have} for want, have in zip(expected, found, strict=True))


def _paired(expected: list[tuple[str, ...]], found: list[tuple[str, ...]]) -> bool:
    """Pair rows off in any order; those with fewer values that do not matter choose first."""
    for want in sorted(expected, key=lambda row: row.count(ANY)):
        match = next((have for have in found if _same_row(want, have)), None)
        if match is None:
            return False
        found.remove(match)
    return True


def shown(what: Expected | Answer) -> str:
    """Return an expectation or an answer as people read it."""
    if isinstance(what, Succeeds):
        return "success"
    if isinstance(what, Fails):
        return f"error {what.number}: {what.text}"
    if isinstance(what, Failed):
        number = what.number or "without a number"
        code = (
            "" if _is_recognized(what) else f" (which the engine takes for {what.code or 'none'})"
        )
        return f"error {number}: {what.text}{code}"
    if not what.columns:
        return "success, without a result set"
    types = what.types or ("",) * len(what.columns)
    head = ", ".join(
        f"{name} {type_}".strip() for name, type_ in zip(what.columns, types, strict=True)
    )
    rows = [" | ".join(row) for row in what.rows[:SHOWN_ROWS]]
    if len(what.rows) > SHOWN_ROWS:
        rows.append(f"and {len(what.rows) - SHOWN_ROWS} more")
    return "\n".join(
        [f"rows: {head}", *(f"  {row}" for row in rows)] if rows else [f"no rows: {head}"]
    )
