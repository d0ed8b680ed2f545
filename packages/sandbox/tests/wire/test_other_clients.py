"""pymssql, python-tds and FreeTDS, unmodified."""

import decimal
import os
import subprocess

import pymssql
import pytds
import pytest

from sandbox_support.system_packages import program
from tableferry_sandbox.faults import SendError
from tableferry_sandbox.tds_server import SandboxServer

PASSWORD = "pässwörd 1"

# python-tds checks a server's name by a method that its TLS library will drop.
pytestmark = pytest.mark.filterwarnings("ignore:X509.get_subject:DeprecationWarning")


@pytest.fixture(params=["off", "request", "require"])
def with_pymssql(request, server):
    connection = pymssql.connect(
        server="127.0.0.1",
        port=str(server.port),
        user="reader",
        password=PASSWORD,
        database="McTM",
        encryption=request.param,
        login_timeout=20,
    )
    yield connection
    connection.close()


@pytest.fixture(params=["login only", "everything"])
def with_pytds(request, server, tmp_path):
    options = {}
    if request.param == "everything":
        authority = tmp_path / "ca.pem"
        authority.write_bytes(server.certificate_pem)
        options["cafile"] = str(authority)
    connection = pytds.connect(
        "127.0.0.1", port=server.port, user="reader", password=PASSWORD, database="McTM", **options
    )
    yield connection
    connection.close()


def by_name(cursor, sql):
    cursor.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("suffix", ["", " NOT NULL"])
def test_pymssql_reads_every_type(with_pymssql, suffix):
    rows = by_name(with_pymssql.cursor(), "SELECT ALL TYPES" + suffix)
    first, second = rows[:2]
    assert first["c_bigint"] == -(2**63)
    assert first["c_decimal"] == decimal.Decimal("-9999999999999999999999999999.9999999999")
    assert first["c_money"] == decimal.Decimal("-922337203685477.5808")
    assert second["c_varchar"] == "naïve €"
    assert second["c_varchar_max"] == "v" * 20_000
    assert first["c_nvarchar_max"] == "🚀" * 9000
    assert first["c_varbinary_max"] == b"\0\1" * 50_000
    assert str(second["c_datetime"]) == "9999-12-31 23:59:59.997000"
    assert str(first["c_guid"]) == "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert first["c_text"] == "long é"
    if not suffix:
        assert set(rows[2].values()) == {None}


def test_pymssql_sees_counts_errors_and_several_results(with_pymssql):
    cursor = with_pymssql.cursor()
    cursor.execute("SELECT TWO")
    assert len(cursor.fetchall()) == 2
    assert cursor.nextset()
    assert len(cursor.fetchall()) == 3
    with pytest.raises(pymssql.ProgrammingError) as caught:
        cursor.execute("SELECT MISSING")
    assert caught.value.args[0] == 208
    cursor.execute("INSERT x")
    assert cursor.rowcount == 3
    with_pymssql.commit()


def test_pymssql_raises_an_error_sent_mid_stream(with_pymssql, server):
    server.faults.on_statement("ROWS", SendError(601, "Could not continue scan.", after_rows=300))
    cursor = with_pymssql.cursor()
    cursor.execute("SELECT ROWS 5000")
    with pytest.raises(pymssql.Error) as caught:
        cursor.fetchall()
    assert caught.value.args[0] == 601


def test_pymssql_reports_a_wrong_password(server):
    with pytest.raises(pymssql.OperationalError) as caught:
        pymssql.connect(
            server="127.0.0.1", port=str(server.port), user="reader", password="x", login_timeout=20
        )
    assert "Login failed for user 'reader'." in str(caught.value)


@pytest.mark.parametrize("suffix", ["", " NOT NULL"])
def test_python_tds_reads_every_type(with_pytds, suffix):
    rows = by_name(with_pytds.cursor(), "SELECT ALL TYPES" + suffix)
    first, second = rows[:2]
    assert first["c_bigint"] == -(2**63)
    assert first["c_money"] == decimal.Decimal("-922337203685477.5808")
    assert second["c_smallmoney"] == decimal.Decimal("214748.3647")
    assert second["c_varchar"] == "naïve €"
    assert second["c_nvarchar"] == "Привет 🚀\t'\"\\\n"
    assert first["c_nvarchar_max"] == "🚀" * 9000
    assert first["c_image"] == b"\1\2"
    assert first["c_variant"] == 42
    assert str(first["c_guid"]) == "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert first["c_datetimeoffset"].isoformat() == "2024-05-06T12:38:09.123456+05:30"
    if not suffix:
        assert set(rows[2].values()) == {None}


def test_python_tds_sends_parameters(with_pytds):
    cursor = with_pytds.cursor()
    cursor.execute("SELECT PARAMETERS %s %s", (5, "я"))
    assert cursor.fetchall() == [(5, "я")]


def test_python_tds_cancels_a_long_result(with_pytds, engine):
    cursor = with_pytds.cursor()
    cursor.execute("SELECT ROWS 50000000")
    assert cursor.fetchone() == (0, "row 0")
    cursor.cancel()
    cursor.execute("SELECT ROWS 2")
    assert cursor.fetchall() == [(0, "row 0"), (1, "row 1")]
    assert engine.batches_read < 5000


def test_python_tds_refuses_a_server_it_does_not_trust(make_engine, server, tmp_path):
    with SandboxServer(make_engine()) as other:
        authority = tmp_path / "ca.pem"
        authority.write_bytes(other.certificate_pem)
        with pytest.raises(Exception, match="certificate verify failed"):
            pytds.connect(
                "127.0.0.1",
                port=server.port,
                user="reader",
                password=PASSWORD,
                cafile=str(authority),
                login_timeout=5,
            )


@pytest.mark.parametrize("version", ["7.3", "7.4"])
@pytest.mark.needs_packages("freetds-bin")
def test_freetds_tsql_runs_batches(server, version):
    script = "SELECT ROWS 2\ngo\nSELECT MISSING\ngo\nPRINT 'x'\ngo\nSELECT TWO\ngo\nexit\n"
    done = subprocess.run(
        [program("tsql"), "-H", "127.0.0.1", "-p", str(server.port), "-D", "McTM",
         "-U", "reader", "-P", PASSWORD],
        input=script,
        env={**os.environ, "TDSVER": version, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert "1\trow 1\n(2 rows affected)" in output
    assert "Msg 208 (severity 16, state 1) from SANDBOX Line 2" in output
    assert "hello" in output
    assert "(3 rows affected)" in output
