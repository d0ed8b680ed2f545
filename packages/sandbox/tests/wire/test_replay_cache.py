"""Result sets replayed from the cache."""

from tableferry_sandbox.tds_server import SandboxServer


def test_the_second_answer_is_the_first_one_without_reading_again(raw, engine):
    client = raw()
    first = client.ask("SELECT ROWS 30000 REPLAY")
    batches = engine.batches_read
    assert client.ask("SELECT ROWS 30000 REPLAY") == first
    assert engine.batches_read == batches


def test_a_result_without_a_key_is_read_again(raw, engine):
    client = raw()
    client.ask("SELECT ROWS 3")
    client.ask("SELECT ROWS 3")
    assert engine.batches_read == 2


def test_a_recording_is_shared_between_connections(raw, engine):
    first = raw().ask("SELECT ROWS 10 REPLAY")
    assert raw().ask("SELECT ROWS 10 REPLAY") == first
    assert engine.batches_read == 1


def test_clients_with_and_without_null_bitmaps_have_recordings_of_their_own(raw, engine):
    raw().ask("SELECT ROWS 10 REPLAY")
    raw(version=0x730A0003).ask("SELECT ROWS 10 REPLAY")
    assert engine.batches_read == 2


def test_a_result_over_the_budget_is_streamed_and_not_kept(make_engine, raw_on):
    engine = make_engine()
    with SandboxServer(engine, replay=100_000) as server:
        client = raw_on(server)
        client.login()
        for _ in range(2):
            assert len(client.ask("SELECT ROWS 30000 REPLAY")) == 30_002
        assert engine.batches_read == 6


def test_a_server_without_replay_reads_every_time(make_engine, raw_on):
    engine = make_engine()
    with SandboxServer(engine) as server:
        client = raw_on(server)
        client.login()
        client.ask("SELECT ROWS 3 REPLAY")
        client.ask("SELECT ROWS 3 REPLAY")
    assert engine.batches_read == 2


def test_a_recording_of_a_cancelled_response_is_not_kept(raw, engine):
    client = raw()
    client.batch("SELECT ROWS 2000000 REPLAY")
    client.file.read(4096)
    client.attention()
    client.receive()
    other = raw()
    other.batch("SELECT ROWS 2000000 REPLAY")
    assert int.from_bytes(other.receive()[-8:], "little") == 2_000_000
