"""Probes on servers that lack something, or say it otherwise: refused is told from differs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from live.judge import Verdict
from live.parse import read_probes
from live.place import Place
from live.probe import Batch, Fails, Probe
from live.run import Runner
from tableferry_sandbox.engine.binding import system_views
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.faults import SendError
from tableferry_sandbox.testing import SqlServer, sql_server

PROBES = read_probes()
OWN_NUMBER = 33557097
"""What one T-SQL server of another make gives to all that it has no number of SQL Server's for."""

LACKED = ("masked_columns", "synonyms", "extended_properties")


def sql_of(probe: Probe) -> str:
    return "\n".join(step.sql for step in probe.steps if isinstance(step, Batch))


def those(pattern: str, areas: tuple[str, ...] = ("catalog", "types", "session")) -> list[Probe]:
    return [one for one in PROBES if one.area in areas and re.search(pattern, sql_of(one))]


@contextmanager
def runner_on(server: SqlServer) -> Iterator[Runner]:
    with Runner(Place(server.host, server.port, server.user, server.password)) as made:
        yield made


def test_catalog_views_that_a_server_lacks_refuse_the_probes_that_read_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    views = {key: view for key, view in system_views._VIEWS.items() if key[1] not in LACKED}
    monkeypatch.setattr(system_views, "_VIEWS", views)
    monkeypatch.setattr(system_views, "_by_key", system_views._by_key.__wrapped__)  # not as kept
    chosen = those(rf"sys\.(?:{'|'.join(LACKED)})\b")
    assert len(chosen) > 4
    with sql_server() as server, runner_on(server) as runner:
        found = {probe.path: runner.run(probe).verdict for probe in chosen}
    assert set(found.values()) == {Verdict.REFUSED}, found


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (102, "Incorrect syntax near 'MASKED'."),
        (OWN_NUMBER, 'syntax error near "MASKED" at line 1 and character position 24'),
        (OWN_NUMBER, "'MASKED' is not currently supported"),
    ],
)
def test_a_set_up_that_a_server_does_not_understand_is_refused(number: int, text: str) -> None:
    chosen = those("MASKED WITH")
    assert chosen
    with sql_server() as server, runner_on(server) as runner:
        server.faults.on_statement("MASKED WITH", SendError(number, text), times=999)
        found = {probe.path: runner.run(probe).verdict for probe in chosen}
    assert set(found.values()) == {Verdict.REFUSED}, found


def test_a_table_that_is_lost_after_it_was_created_is_a_difference() -> None:
    chosen = those(r"FROM dbo\.T AS t\b", ("types",))[:3]
    assert len(chosen) == 3
    lost = SendError(208, "Invalid object name 'dbo.T'.")
    with sql_server() as server, runner_on(server) as runner:
        server.faults.on_statement(r"SELECT.* FROM dbo\.T AS t\b", lost, times=999)
        found = {probe.path: runner.run(probe).verdict for probe in chosen}
    assert set(found.values()) == {Verdict.DIFFERS}, found


def test_an_error_under_another_number_differs_where_it_is_what_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = SqlError.__init__

    def renumbered(self: SqlError, number: int, message: str, **more: int) -> None:
        said(self, OWN_NUMBER if number in {8134, 245, 8115} else number, message, **more)

    monkeypatch.setattr(SqlError, "__init__", renumbered)
    chosen = [
        probe
        for probe in PROBES
        if probe.area == "errors"
        for step in probe.steps
        for one in step.expectations
        if isinstance(one.expected, Fails) and one.expected.number in {8134, 245, 8115}
    ]
    assert chosen
    with sql_server() as server, runner_on(server) as runner:
        found = {probe.path: runner.run(probe).verdict for probe in chosen}
    assert set(found.values()) == {Verdict.DIFFERS}, found
