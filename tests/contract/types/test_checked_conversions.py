"""Checked conversions: what passes arrives, what does not is refused, and nothing is altered."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tableferry.runs.outcome import Status, TableOutcome
from tableferry.typemap import CHECKED, Conversion
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.independent import Comparison
from tests.contract.types.checked_cases import CHECKED_CASES, Checked
from tests.contract.types.conftest import Types

OUTPUT = "CASE WHEN v{0} IS NOT NULL THEN format('%s', v{0}) END"
"""A value as its type's output function writes it: with a char's blanks, as a cast would not."""

XML = """\
CREATE TYPE public.xml;
CREATE FUNCTION x_in(cstring) RETURNS public.xml LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION x_out(public.xml) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION x_recv(internal) RETURNS public.xml LANGUAGE internal IMMUTABLE STRICT
  AS 'textrecv';
CREATE FUNCTION x_send(public.xml) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT
  AS 'textsend';
CREATE TYPE public.xml (INPUT = x_in, OUTPUT = x_out, RECEIVE = x_recv, SEND = x_send)"""
"""A type of that name that stores any text: PostgreSQL may be built without libxml, as ours is, so
only what is checked before PostgreSQL is tested here."""

TOGETHER = 12
"""Refused rows are converted column by column, so a wide table takes much longer than some."""

CASE = pytest.mark.parametrize("case", CHECKED_CASES, ids=str)
CHECKING = [case for case in CHECKED_CASES if case.failing]


def base(case: Checked) -> str:
    found = re.match(r"\w+", case.source)
    assert found
    return found[0]


def row_of(case: Checked) -> Conversion:
    (found,) = (
        row.conversion
        for row in CHECKED
        if base(case) in row.sources and row.conversion.accepts == case.row
    )
    return found


def test_every_row_of_the_table_has_a_case_for_each_of_its_types() -> None:
    rows = {(source, row.conversion.accepts) for row in CHECKED for source in row.sources}
    assert {(base(case), case.row) for case in CHECKED_CASES} == rows
    for case in CHECKED_CASES:
        assert bool(case.failing) == bool(row_of(case).checks)
        assert bool(case.override) == row_of(case).on_request


@dataclass(frozen=True)
class Carried:
    """Cases that were carried side by side, a column for each: the outcome, and what arrived."""

    outcome: TableOutcome
    compared: Comparison | None
    verified: Differences | None
    entry: dict[str, Any]
    columns: dict[Checked, int]
    found: dict[Checked, list[str | None]]

    def counted(self, what: str, case: Checked) -> dict[str, int]:
        counts: dict[str, int] = self.outcome.to_dict().get(what, {})
        found = counts.get(f"V{self.columns[case]}", {})
        assert isinstance(found, dict)
        return found


def carry(types: Types, cases: Sequence[Checked], *, failing: bool, **changes: object) -> Carried:
    """Carry the cases' values, one in a row; the rows of ``failing`` ones come last."""
    number = {case: place for place, case in enumerate(cases)}
    columns = ", ".join(f"V{n} {case.source} NULL" for case, n in number.items())
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, {columns})",
    )
    rows = [(case, written) for case in cases for written, _ in case.passing]
    rows += [(case, written) for case in cases if failing for written in case.failing]
    lines = []
    for place, (case, written) in enumerate(rows):
        cells = dict.fromkeys(cases, "NULL") | {case: f"CAST({written} AS {case.source})"}
        lines.append(f"({', '.join([str(place), *cells.values()])})")
    types.run(f"INSERT INTO dbo.T VALUES {', '.join(lines)}")
    filled = ", ".join(f"v{n} {case.target}" for case, n in number.items())
    types.target.run(
        "CREATE EXTENSION IF NOT EXISTS citext",
        "DROP TABLE IF EXISTS t",
        "DROP TYPE IF EXISTS mood, public.xml CASCADE",
        "CREATE TYPE mood AS ENUM ('sad', 'glad', 'ça va')",
        *XML.split(";\n"),
        f"CREATE TABLE t (id int PRIMARY KEY, {filled})",
        "INSERT INTO t VALUES (-1)",
    )
    entry = {
        "columns": ["ID", *(f"V{n}" for n in number.values())],
        "pg_columns": ["id", *(f"v{n}" for n in number.values())],
        "type_overrides": {f"V{n}": case.override for case, n in number.items() if case.override},
        "publish": "truncate",
        "max_shrink": 100,
        **cases[0].options,
        **changes,
    }
    outcome = types.sync(keep=True, **entry)
    shown = ", ".join(OUTPUT.format(n) for n in number.values())
    arrived = types.found(f"id, {shown}")
    found = {case: [row[n + 1] for row in arrived] for case, n in number.items()}
    compared = None if failing else types.compare(**entry)
    verified = types.verify(**entry) if outcome.status is Status.OK else None
    return Carried(outcome, compared, verified, entry, number, found)


def test_a_damaged_value_of_a_checked_conversion_is_found_by_its_column(types: Types) -> None:
    alike = [case for case in CHECKED_CASES if not case.options]
    for start in range(0, len(alike), 3 * TOGETHER):
        part = alike[start : start + 3 * TOGETHER]
        carried = carry(types, part, failing=False)
        assert carried.outcome.status is Status.OK, carried.outcome.error
        damaged = types.damage()
        assert {c for found in damaged.values() for c in found} == {
            f"v{place}" for place in carried.columns.values()
        }
        entry = carried.entry
        found = {
            one.key[0]: {name.lower() for name in one.columns} for one in types.verify(**entry).kept
        }
        assert found == damaged


def carry_all(types: Types, *, failing: bool, **changes: object) -> list[Carried]:
    """Carry all cases, those with the same options together, up to ``TOGETHER`` in a table."""
    ordered = sorted(CHECKED_CASES, key=lambda case: sorted(case.options))
    carried = []
    for _, group in itertools.groupby(ordered, key=lambda case: sorted(case.options)):
        alike = list(group)
        for start in range(0, len(alike), TOGETHER):
            part = alike[start : start + TOGETHER]
            carried.append(carry(types, part, failing=failing, **changes))
    return carried


def values(carried: Carried, case: Checked) -> list[str | None]:
    return [value for value in carried.found[case] if value is not None]


@pytest.fixture(scope="module")
def passed(types: Types) -> list[Carried]:
    return carry_all(types, failing=False)


@pytest.fixture(scope="module")
def sifted(types: Types) -> list[Carried]:
    refused = sum(len(case.failing) for case in CHECKED_CASES)
    return carry_all(types, failing=True, on_invalid="quarantine", max_invalid=refused)


@CASE
def test_what_passes_arrives_as_declared(passed: list[Carried], case: Checked) -> None:
    (carried,) = (one for one in passed if case in one.columns)
    assert carried.outcome.status is Status.OK, carried.outcome.error
    assert values(carried, case) == [kept for _, kept in case.passing]
    assert None in carried.found[case]
    declared = dict(carried.outcome.losses).get(f"V{carried.columns[case]}", "")
    assert row_of(case).loss in declared
    assert row_of(case).loss or "seventh digit" in declared or not declared
    assert carried.counted("touched", case).get("digits of the second cut off", 0) == case.cut


def test_a_seventh_digit_after_midnight_is_lost_and_counted(types: Types) -> None:
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V datetime2(7) NULL)",
        "INSERT INTO dbo.T VALUES (1, '2024-01-01 00:00:00.0000001'), (2, '2024-01-02'), (3, NULL)",
    )
    outcome = types.sync(type_overrides={"V": "date"})
    assert outcome.status is Status.OK, outcome.error
    assert "seventh digit" in dict(outcome.losses)["V"]
    assert outcome.to_dict()["touched"] == {"V": {"seventh digit cut off": 1}}
    assert [str(value) for (value,) in types.found()] == ["2024-01-01", "2024-01-02", "None"]


def test_what_arrived_compares_as_equal_and_an_altered_value_does_not(
    types: Types, passed: list[Carried]
) -> None:
    for carried in passed:
        assert carried.compared is not None
        assert carried.compared.values == carried.compared.source_rows * (len(carried.columns) + 1)
        differing = carried.compared.differing
        trimmed = {f"V{n}" for case, n in carried.columns.items() if case.options}
        assert set(differing) <= trimmed, [
            (str(case), differing[f"V{n}"])
            for case, n in carried.columns.items()
            if f"V{n}" in differing
        ]
    entry = {"type_overrides": {"V": "uuid"}, "publish": "truncate"}
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V varchar(36) NULL)",
        "INSERT INTO dbo.T VALUES (1, '6F9619FF-8B86-D011-B42D-00C04FC964FF'), (2, NULL)",
    )
    assert types.sync(**entry).status is Status.OK
    assert types.compare(**entry).equal
    types.target.run("UPDATE t SET v = '6f9619ff-8b86-d011-b42d-00c04fc964fe' WHERE id = 1")
    assert types.compare(**entry).differing == {"V": 1}


def test_what_arrived_is_verified_as_equal(passed: list[Carried]) -> None:
    for carried in passed:
        assert carried.verified is not None
        assert carried.verified.kept == []
        assert carried.verified.source_rows == carried.verified.target_rows
        assert carried.verified.not_compared == {}


def test_what_was_set_aside_is_refused_or_missing_and_nothing_else_differs(
    sifted: list[Carried],
) -> None:
    """PostgreSQL itself refuses some rows, of which a comparison knows no more than their keys."""
    for carried in sifted:
        verified = carried.verified
        assert verified is not None
        assert {one.kind for one in verified.kept} <= {DifferenceKind.MISSING}
        refused = sum(counts.total() for counts in verified.refused.values())
        assert refused + verified.total == sum(len(case.failing) for case in carried.columns)
        assert verified.source_rows == verified.target_rows + refused + verified.total


@CASE
def test_what_does_not_pass_is_set_aside_with_its_row(sifted: list[Carried], case: Checked) -> None:
    (carried,) = (one for one in sifted if case in one.columns)
    assert carried.outcome.status is Status.OK, carried.outcome.error
    assert values(carried, case) == [kept for _, kept in case.passing]
    assert sum(carried.counted("quarantined", case).values()) == len(case.failing)


@pytest.mark.parametrize(
    "case", {(case.row, case.target): case for case in CHECKING}.values(), ids=str
)
def test_what_does_not_pass_fails_the_load_and_is_not_quoted(types: Types, case: Checked) -> None:
    (*_, last) = case.failing
    carried = carry(types, [case], failing=True)
    error = carried.outcome.error
    assert error is not None
    assert error.kind == "DataError"
    assert re.search(r"column '[Vv]0'", error.message), error.message
    assert len(last) < 6 or last.strip("N'") not in error.message + error.hint
    assert types.target.rows("SELECT id FROM t") == [(-1,)]
