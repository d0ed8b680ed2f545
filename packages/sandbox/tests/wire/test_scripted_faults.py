"""Scripted faults, seen from a client."""

import pytest

from tableferry_sandbox.faults import CutConnection, EndEarly, SendError, Stall

COUNT, ERROR = 0x10, 0x02


def rows(tokens):
    return [data for name, data in tokens if name == "ROW"]


def test_an_error_before_the_statement_keeps_it_from_running(server, raw, engine):
    server.faults.on_statement("SELECT ROWS", SendError(1205, "Deadlock victim.", severity=13))
    tokens = raw().ask("SELECT ROWS 5")
    assert tokens[0] == ("ERROR", (1205, 1, 13, "Deadlock victim.", 1))
    assert engine.reads == 0


def test_an_error_comes_after_exactly_that_many_rows(server, raw):
    server.faults.on_statement("SELECT ROWS", SendError(601, "Data moved.", after_rows=12_345))
    tokens = raw().ask("SELECT ROWS 50000")
    assert rows(tokens) == list(range(12_345))
    assert [name for name, _ in tokens[-2:]] == ["ERROR", "DONE"]
    assert tokens[-1][1] == (ERROR, 0)


def test_an_error_after_more_rows_than_there_are_comes_at_the_end(server, raw):
    server.faults.on_statement("SELECT ROWS", SendError(601, "Data moved.", after_rows=100))
    tokens = raw().ask("SELECT ROWS 5")
    assert rows(tokens) == [0, 1, 2, 3, 4]
    assert tokens[-2][1][0] == 601


def test_a_fault_happens_the_given_number_of_times(server, raw):
    server.faults.on_statement("rows", SendError(1222, "Lock request time out."), times=2)
    client = raw()
    firsts = [client.ask("SELECT ROWS 1")[0][0] for _ in range(3)]
    assert firsts == ["ERROR", "ERROR", "COLMETADATA"]


def test_a_fault_does_not_affect_other_statements(server, raw):
    server.faults.on_statement("FROM Customer", SendError(1222, "Lock request time out."))
    assert rows(raw().ask("SELECT ROWS 2")) == [0, 1]


@pytest.mark.parametrize("reset", [True, False])
def test_a_cut_after_rows_loses_the_connection_in_mid_stream(server, raw, reset):
    server.faults.on_statement("ROWS", CutConnection(after_rows=20_000, reset=reset))
    client = raw()
    client.batch("SELECT ROWS 100000")
    with pytest.raises(ConnectionError):
        client.receive()


def test_a_cut_after_bytes_sends_exactly_that_many(server, raw):
    server.faults.on_statement("ROWS", CutConnection(after_bytes=5000, reset=False))
    client = raw()
    client.batch("SELECT ROWS 100000")
    assert len(client.file.read()) == 5000


def test_a_stream_that_ends_early_may_report_the_full_row_count(server, raw):
    server.faults.on_statement("ROWS", EndEarly(after_rows=15_000))
    tokens = raw().ask("SELECT ROWS 40000")
    assert len(rows(tokens)) == 15_000
    assert tokens[-1] == ("DONE", (COUNT, 40_000))


def test_a_stream_that_ends_early_may_report_the_rows_it_sent(server, raw):
    server.faults.on_statement("ROWS", EndEarly(after_rows=15_000, honest=True))
    tokens = raw().ask("SELECT ROWS 40000")
    assert len(rows(tokens)) == 15_000
    assert tokens[-1] == ("DONE", (COUNT, 15_000))


def test_a_stalled_stream_sends_what_it_has_and_then_nothing(server, raw):
    server.faults.on_statement("ROWS", Stall(seconds=600, after_rows=10_000))
    client = raw()
    client.batch("SELECT ROWS 20000")
    assert client.file.read(4096)[:2] == b"\x04\x00"
    client.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.receive()


def test_stopping_the_server_ends_a_stall(server, raw):
    server.faults.on_statement("ROWS", Stall(seconds=1e6))
    raw().batch("SELECT ROWS 5")
    server.stop()
    assert server.connections == 0


def test_cleared_faults_do_not_happen(server, raw):
    server.faults.on_statement("ROWS", SendError(1205, "Deadlock victim."))
    server.faults.clear()
    assert rows(raw().ask("SELECT ROWS 1")) == [0]


def test_a_fault_is_not_recorded_for_replay(server, raw):
    server.faults.on_statement("ROWS", EndEarly(after_rows=1))
    client = raw()
    assert rows(client.ask("SELECT ROWS 3 REPLAY")) == [0]
    assert rows(client.ask("SELECT ROWS 3 REPLAY")) == [0, 1, 2]
    server.faults.on_statement("ROWS", EndEarly(after_rows=2))
    assert rows(client.ask("SELECT ROWS 3 REPLAY")) == [0, 1]
