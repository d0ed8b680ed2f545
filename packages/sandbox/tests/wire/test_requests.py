"""Requests and their responses: DONE bits, errors, procedures, transactions, cancelling."""

import struct
import threading

import pytest

from tableferry_sandbox.events import LanguageChanged, StatementDone

MORE, ERROR, COUNT, ATTENTION = 0x01, 0x02, 0x10, 0x20


def names(tokens):
    return [name for name, _ in tokens]


def only(tokens, name):
    return [data for kind, data in tokens if kind == name]


def test_a_select_ends_in_a_done_that_counts_its_rows(raw):
    tokens = raw().ask("SELECT ROWS 3")
    assert tokens == [
        ("COLMETADATA", 2),
        ("ROW", 0),
        ("ROW", 1),
        ("ROW", 2),
        ("DONE", (COUNT, 3)),
    ]


def test_every_done_of_a_batch_but_the_last_says_that_more_follows(raw):
    tokens = raw().ask("SELECT TWO")
    assert only(tokens, "DONE") == [(COUNT | MORE, 2), (COUNT, 3)]


def test_a_statement_without_a_count_sends_none(raw):
    assert raw().ask("SET NOCOUNT ON") == [("DONE", (0, 0))]


def test_an_error_carries_number_state_severity_and_line(raw):
    client = raw()
    tokens = client.ask("SELECT MISSING")
    assert tokens == [
        ("ERROR", (208, 1, 16, "Invalid object name 'dbo.Nowhere'.", 2)),
        ("DONE", (ERROR, 0)),
    ]
    assert only(client.ask("SELECT ROWS 1"), "ROW") == [0]


def test_an_error_after_rows_keeps_the_rows_and_ends_with_the_error_bit(raw):
    tokens = raw().ask("SELECT BROKEN")
    assert only(tokens, "ROW") == list(range(30_000))
    assert tokens[-2][1][0] == 8134
    assert tokens[-1] == ("DONE", (ERROR, 0))


def test_a_severity_of_20_closes_the_connection(raw):
    client = raw()
    tokens = client.ask("SELECT FATAL")
    assert tokens[0][1][:3] == (823, 1, 24)
    with pytest.raises(ConnectionError):
        client.ask("SELECT ROWS 1")


def test_an_internal_error_is_reported_and_closes_the_connection(raw, caplog):
    client = raw()
    tokens = client.ask("SELECT DEFECT")
    number, _, severity, text, _ = tokens[0][1]
    assert (number, severity) == (50000, 20)
    assert "KeyError" in text
    assert "the engine failed" in caplog.text
    with pytest.raises(ConnectionError):
        client.ask("SELECT ROWS 1")


def test_a_message_of_low_severity_is_information(raw):
    assert raw().ask("PRINT 'x'")[0] == ("INFO", (0, 1, 0, "hello", 1))


def test_use_announces_the_new_database(raw):
    tokens = raw().ask("USE VoipDB")
    body = only(tokens, "ENVCHANGE")[0]
    assert body == b"\x01\x06" + "VoipDB".encode("utf-16-le") + b"\x04" + "McTM".encode("utf-16-le")
    assert only(tokens, "INFO")[0][0] == 5701


def test_set_language_announces_the_language(raw, engine):
    def answer(_session, _match, _parameters):
        yield LanguageChanged("us_english")
        yield StatementDone(None, "SET")

    engine.extra = [("SET LANGUAGE", answer)]
    tokens = raw().ask("SET LANGUAGE us_english")
    assert only(tokens, "ENVCHANGE")[0][:2] == b"\x02\x0a"
    number, _, _, text, _ = only(tokens, "INFO")[0]
    assert (number, text) == (5703, "Changed language setting to us_english.")


def test_a_procedure_call_ends_in_a_return_status_and_doneproc(raw, parameters):
    tokens = raw().call(10, parameters.text("SELECT ROWS 2"))
    assert tokens == [
        ("COLMETADATA", 2),
        ("ROW", 0),
        ("ROW", 1),
        ("DONEINPROC", (COUNT | MORE, 2)),
        ("RETURNSTATUS", 0),
        ("DONEPROC", (0, 0)),
    ]


def test_an_error_in_a_procedure_call_is_its_return_status(raw, parameters):
    tokens = raw().call("sp_executesql", parameters.text("SELECT MISSING"))
    assert names(tokens) == ["ERROR", "DONEINPROC", "RETURNSTATUS", "DONEPROC"]
    assert tokens[2][1] == 208
    assert tokens[3][1][0] & ERROR


def test_sp_executesql_passes_the_declared_parameters_to_the_engine(raw, parameters, engine):
    raw().call(
        10,
        parameters.text("NOTE PARAMETERS"),
        parameters.text("@a int, @b nvarchar(20)"),
        parameters.int(None, "@A"),
        parameters.text("xй", "@b"),
    )
    handed = engine.statements[-1][1]
    assert [(p.name, p.type.name, p.value) for p in handed] == [
        ("@a", "int", None),
        ("@b", "nvarchar", "xй"),
    ]


def test_a_value_is_converted_to_its_declared_type(raw, parameters, engine):
    raw().call(
        10,
        parameters.text("NOTE PARAMETERS"),
        parameters.text("@a bigint, @b varchar(3)"),
        parameters.int(5),
        parameters.text("a€яz"),
    )
    handed = engine.statements[-1][1]
    assert [(p.type.name, p.value) for p in handed] == [("bigint", 5), ("varchar", "a€?")]


@pytest.mark.parametrize(
    ("declared", "value", "number"),
    [
        ("@a int", "text", 8114),
        ("@a nowhere", "text", 2715),
        ("@a int, @b int", None, 8178),
        ("a int", None, 102),
    ],
)
def test_parameters_that_do_not_fit_are_refused(raw, parameters, declared, value, number):
    given = parameters.int(1) if value is None else parameters.text(value)
    tokens = raw().call(10, parameters.text("SELECT 1"), parameters.text(declared), given)
    assert only(tokens, "ERROR")[0][0] == number


def test_a_prepared_statement_runs_under_its_handle_until_it_is_unprepared(raw, parameters):
    client = raw()
    handle = parameters.int(None, status=1)
    tokens = client.call(11, handle, parameters.text(""), parameters.text("SELECT ROWS 1"))
    assert names(tokens) == ["COLMETADATA", "DONEINPROC", "RETURNSTATUS", "RETURNVALUE", "DONEPROC"]
    (_, number) = only(tokens, "RETURNVALUE")[0]
    assert only(client.call(12, parameters.int(number)), "ROW") == [0]
    assert names(client.call(15, parameters.int(number))) == ["RETURNSTATUS", "DONEPROC"]
    assert only(client.call(12, parameters.int(number)), "ERROR")[0][0] == 8179


def test_sp_prepexec_runs_and_returns_a_handle(raw, parameters):
    client = raw()
    tokens = client.call(
        13,
        parameters.int(None, status=1),
        parameters.text("@n int"),
        parameters.text("SELECT ROWS 2"),
        parameters.int(3),
    )
    assert only(tokens, "ROW") == [0, 1]
    assert names(tokens)[-3:] == ["RETURNSTATUS", "RETURNVALUE", "DONEPROC"]
    number = only(tokens, "RETURNVALUE")[0][1]
    assert only(client.call(12, parameters.int(number), parameters.int(4)), "ROW") == [0, 1]


def test_only_the_last_of_several_calls_in_a_message_ends_the_batch_of_calls(raw, parameters):
    tokens = raw().call_repeatedly(3, 10, parameters.text("SELECT ROWS 1"))
    assert only(tokens, "ROW") == [0, 0, 0]
    in_batched_calls = 0x80  # MS-TDS 2.2.7.8, DONE_RPCINBATCH
    assert only(tokens, "DONEPROC") == [
        (in_batched_calls | MORE, 0),
        (in_batched_calls | MORE, 0),
        (0, 0),
    ]


def test_an_output_parameter_comes_back_with_its_name(raw, parameters):
    tokens = raw().call(
        10,
        parameters.text("NOTE PARAMETERS"),
        parameters.text("@n int OUTPUT"),
        parameters.int(1, "@n", status=1),
    )
    assert only(tokens, "RETURNVALUE") == [("@n", 7)]


@pytest.mark.parametrize("procedure", [1, 2, 3, 4, 5, 7, 14, "sp_cursoropen", "sys.sp_cursorfetch"])
def test_server_cursors_are_refused_by_name(raw, parameters, procedure):
    tokens = raw().call(procedure, parameters.int(1))
    assert "does not support sp_" in only(tokens, "ERROR")[0][3]


def test_another_procedure_reaches_the_engine_as_an_exec(raw, parameters, engine):
    raw().call("sp_tables", parameters.text("Customer", "@table_name"), parameters.int(1))
    sql, handed = engine.statements[-1]
    assert sql == "EXEC sp_tables @table_name = @table_name, @__rpc1"
    assert [p.value for p in handed] == ["Customer", 1]


def test_a_table_valued_parameter_is_refused(raw, parameters):
    tokens = raw().call(10, parameters.text("SELECT 1"), b"\x00\x00\xf3\x00\x00\x00")
    assert "table-valued" in only(tokens, "ERROR")[0][3]


def test_bulk_load_is_refused(raw):
    client = raw()
    client.send(0x07, b"\x81\x00\x00")
    from_server = client.receive()
    assert "bulk load".encode("utf-16-le") in from_server


def test_transaction_requests_change_the_environment(raw, engine):
    client = raw()
    headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
    client.send(0x0E, headers + struct.pack("<HBB", 5, 5, 0))
    begun = client.receive()
    assert begun[:13] == b"\xe3\x0b\x00\x08\x08" + struct.pack("<Q", 11)
    assert engine.statements[-1][0] == "<begin SNAPSHOT>"
    client.send(0x0E, headers + struct.pack("<HBB", 7, 0, 0))
    assert client.receive()[:14] == b"\xe3\x0b\x00\x09\x00\x08" + struct.pack("<Q", 11)
    client.send(0x0E, headers + struct.pack("<HBBBB", 8, 0, 1, 2, 0))
    client.receive()
    assert [sql for sql, _ in engine.statements[-2:]] == ["<rollback>", "<begin READ COMMITTED>"]


def test_a_distributed_transaction_is_refused(raw):
    client = raw()
    client.send(0x0E, struct.pack("<IIHQIH", 22, 18, 2, 0, 1, 0))
    assert "distributed".encode("utf-16-le") in client.receive()


def test_an_attention_stops_a_running_statement(raw, engine):
    client = raw()
    client.batch("SLEEP")
    assert engine.sleeping.wait(10)
    client.attention()
    assert client.receive()[-13:] == b"\xfd" + struct.pack("<HHQ", ATTENTION, 0, 0)
    assert engine.sessions[0].cancels >= 1
    assert only(client.ask("SELECT ROWS 1"), "ROW") == [0]


def test_an_attention_stops_a_stream_of_rows_between_two_rows(raw, engine):
    client = raw()
    client.batch("SELECT ROWS 50000000")
    client.file.read(64)
    client.attention()
    rest = client.file.read(4096 - 64)
    assert len(rest) == 4096 - 64
    assert client.receive()[-13:] == b"\xfd" + struct.pack("<HHQ", ATTENTION, 0, 0)
    assert engine.batches_read < 5000
    assert only(client.ask("SELECT ROWS 2"), "ROW") == [0, 1]


def test_an_attention_with_nothing_running_is_acknowledged(raw):
    client = raw()
    client.attention()
    assert client.receive() == b"\xfd" + struct.pack("<HHQ", ATTENTION, 0, 0)


def test_reset_connection_resets_the_session_first(raw, engine):
    client = raw()
    client.ask("USE VoipDB")
    tokens = client.ask("SELECT ROWS 1", status=0x08)
    assert engine.resets == 1
    assert only(tokens, "ENVCHANGE")[0] == b"\x12\x00\x00"
    assert engine.sessions[0].database == "McTM"


def test_reset_connection_forgets_prepared_statements(raw, parameters):
    client = raw()
    handle = parameters.int(None, status=1)
    client.call(11, handle, parameters.text(""), parameters.text("SELECT ROWS 1"))
    client.ask("SELECT ROWS 1", status=0x08)
    assert only(client.call(12, parameters.int(1)), "ERROR")[0][0] == 8179


def test_a_session_is_closed_when_its_client_disconnects(raw, engine, server):
    client = raw()
    client.batch("SLEEP")
    assert engine.sleeping.wait(10)
    client.socket.shutdown(2)
    client.close()
    deadline = threading.Event()
    for _ in range(200):
        if engine.sessions[0].closed:
            break
        deadline.wait(0.05)
    assert engine.sessions[0].closed


def test_many_clients_are_served_at_once(raw):
    clients = [raw() for _ in range(8)]
    for client in clients:
        client.batch("SELECT ROWS 20000")
    for client in reversed(clients):
        assert client.receive()[-13:] == b"\xfd" + struct.pack("<HHQ", COUNT, 0xC1, 20_000)


def test_a_request_longer_than_a_packet_is_put_together(raw, engine):
    client = raw()
    tokens = client.ask("SELECT ROWS 1" + " " * 20_000)
    assert only(tokens, "ROW") == [0]


@pytest.mark.parametrize("size", [512, 4096, 32767])
def test_packets_have_the_size_that_was_agreed_on(raw, size):
    client = raw(packet_size=size)
    client.batch("SELECT ROWS 5000")
    header = client.file.read(8)
    assert int.from_bytes(header[2:4], "big") == size


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x04\0\0\0",
        b"\xff\xff\xff\xff" + b"x" * 9,
        b"\x04\0\0\0" + b"odd",
        b"\x04\0\0\0\xff\xff\x0a\0\0\0\0\0\xe7\x01\0" + b"\0" * 5 + b"\x01\0x",
    ],
)
def test_a_malformed_call_closes_the_connection(raw, engine, payload):
    client = raw()
    client.send(0x03, payload)
    with pytest.raises(ConnectionError):
        client.receive()


def test_lone_surrogates_in_a_batch_reach_the_engine_in_their_carriers(raw, engine):
    client = raw()
    client.send(0x01, b"\x04\0\0\0" + "PRINT N'".encode("utf-16-le") + b"\x3d\xd8'\0")
    assert b"h\0e\0l\0l\0o\0" in client.receive()
    assert engine.sent() == ["PRINT N'\U0010d83d'"]


def test_bytes_that_are_not_tds_close_the_connection(raw):
    client = raw(login=False)
    client.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(ConnectionError):
        client.receive()
