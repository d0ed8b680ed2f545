"""The fuzz finds what it looks for, so a fuzz without findings means something."""

import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fuzz.case import Case, make_case
from fuzz.judge import judge, judge_target
from fuzz.launch import Ended, Launcher
from fuzz.world import ROWS, SECRET, VALUE, Wires, World, entry, world

INTERRUPTED = Case(1, arguments=("sync",), stop=(signal.SIGINT, 0.1))


@pytest.fixture(scope="module")
def here() -> Iterator[World]:
    with world() as started:
        yield started


@pytest.fixture(scope="module")
def wires(here: World) -> Iterator[Wires]:
    with here.wires() as opened:
        yield opened


def ended(out: str = "", err: str = "", code: int | None = 0, left: tuple[str, ...] = ()) -> Ended:
    return Ended(code, out, err, 0.1, left)


@pytest.mark.parametrize(
    ("how", "finding"),
    [
        (ended(code=None), "hung"),
        (ended("ok", code=70), "exit code is 70"),
        (ended("ok", code=-11), "exit code is -11"),
        (ended(err=f"the password is {SECRET}"), "shows a password"),
        (ended(f"the value is {VALUE} 7"), "shows a value"),
        (ended(err="Traceback (most recent call last):"), "Traceback"),
        (ended("An error that tableferry did not foresee"), "did not foresee"),
        (ended("\x1b[31mred"), "terminal escape"),
        (ended(code=1), "says nothing"),
        (ended("ok", left=("tmpabc",)), "leaves files behind"),
    ],
)
def test_each_way_to_break_a_rule_is_found(how: Ended, finding: str) -> None:
    (found,) = judge(Case(1, arguments=("sync",)), how)
    assert finding in found


def test_what_is_no_json_is_found() -> None:
    (found,) = judge(Case(1, arguments=("sync", "--json")), ended("{} {}"))
    assert "not one JSON document" in found


@pytest.mark.parametrize(
    "how",
    [
        ended(code=-2),
        ended("all that --help prints", code=-2),
        ended(err="Traceback (most recent call last):\n  File '<frozen site>'", code=1),
        ended(
            err='Traceback (most recent call last):\n  File "<frozen runpy>", line 88, in _run\n'
            '  File "/x/tableferry/src/tableferry/__main__.py", line 3, in <module>\n',
            code=1,
        ),
    ],
)
def test_a_signal_before_or_after_the_work_of_a_command_is_not_its_fault(how: Ended) -> None:
    assert judge(INTERRUPTED, how) == []


def test_a_traceback_of_ours_is_found_whenever_the_signal_came() -> None:
    printed = 'Traceback (most recent call last):\n  File "/x/tableferry/cli/entry.py"'
    assert judge(INTERRUPTED, ended(err=printed, code=1)) != []
    assert judge(INTERRUPTED, ended("all that --help prints", err=printed, code=-2)) != []


def test_a_seed_makes_the_same_cases_again() -> None:
    assert [str(make_case(3, number)) for number in range(50)] == [
        str(make_case(3, number)) for number in range(50)
    ]
    assert str(make_case(3, 0)) != str(make_case(4, 0))


@pytest.mark.parametrize("fresh", [False, True])
def test_a_case_without_anything_hostile_breaks_no_rule(
    here: World, wires: Wires, fresh: bool
) -> None:
    config = f"TABLE_CONFIGS = {{'t': {entry('Plain')!r}}}".encode()
    case = Case(1, arguments=("sync", "--json"), config=config, fresh=fresh)
    how = Launcher().run(case, here, wires)
    assert how.exit_code == 0, how.printed
    assert judge(case, how) + judge_target(case, how, here, wires) == []


def test_a_password_that_a_process_prints_is_found(here: World, wires: Wires) -> None:
    config = b"import os; print(os.environ['PG_PASSWORD']); TABLE_CONFIGS = {}"
    case = Case(1, arguments=("info",), config=config)
    how = Launcher().run(case, here, wires)
    assert judge(case, how) == ["it shows a password"]


def test_a_session_left_behind_is_found(
    here: World, wires: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzz.judge.SESSION_SECONDS", 0.1)
    with here.connect(wires) as connection:
        connection.execute("SET application_name = 'tableferry left'")
        found = judge_target(Case(1, arguments=("sync",)), ended(), here, wires)
    assert "it leaves a session at the target" in found


def test_a_torn_table_and_a_run_left_running_are_found(here: World, wires: Wires) -> None:
    case = Case(1, arguments=("sync",))
    with here.connect(wires) as connection:
        connection.execute(f"CREATE TABLE torn AS SELECT generate_series(1, {ROWS - 1})".encode())
        connection.execute("CREATE SCHEMA IF NOT EXISTS tableferry")
        connection.execute("DROP TABLE IF EXISTS tableferry.runs CASCADE")
        connection.execute("CREATE TABLE tableferry.runs AS SELECT 'running' AS status")
        found = judge_target(case, ended(), here, wires)
        assert found == [
            f"'torn' is torn: {ROWS - 1} of {ROWS} rows",
            "it ended, and its run is 'running' in the ledger",
        ]
        assert judge_target(case, ended(), here, wires) == found[:1]
        connection.execute("CREATE SCHEMA tableferry")
        connection.execute("CREATE TABLE tableferry.runs AS SELECT 'running' AS status")
        assert judge_target(INTERRUPTED, ended("half", code=-2), here, wires) == found
        connection.execute("CREATE SCHEMA tableferry")
        connection.execute("CREATE TABLE tableferry.runs AS SELECT 'running' AS status")
        by_api = replace(INTERRUPTED, kind="api")
        assert judge_target(by_api, ended("half", code=-2), here, wires) == found[:1]
        connection.execute("DROP TABLE torn")
