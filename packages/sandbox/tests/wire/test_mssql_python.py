"""Microsoft's driver, unmodified, with both of its native providers."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_support import mssql_client
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError
from tableferry_sandbox.tds.certificate import self_signed

CLIENT = Path(mssql_client.__file__)


@pytest.fixture
def run(provider, server):
    """Run one step of ``mssql_client.py`` against the server and return what it printed."""

    def step(
        name, *arguments, encrypt="no", autocommit=True, password="pässwörd 1", authority=None
    ):
        trust = "yes" if authority is None else "no"
        text = (
            f"Server=127.0.0.1,{server.port};Database=McTM;UID=reader;PWD={{{password}}};"
            f"TrustServerCertificate={trust};Encrypt={encrypt};ConnectRetryCount=0"
        )
        environment = {**os.environ, "MSSQL_PYTHON_NATIVE_PROVIDER": provider}
        if authority is not None:
            environment["SSL_CERT_FILE"] = str(authority)
        done = subprocess.run(
            [sys.executable, str(CLIENT), text, "1" if autocommit else "0", name, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return step


def b64(raw):
    return "base64:" + base64.b64encode(raw).decode()


EXPECTED = {
    "c_bit": [True, False],
    "c_tinyint": [0, 255],
    "c_smallint": [-32768, 32767],
    "c_int": [-(2**31), 2**31 - 1],
    "c_bigint": [-(2**63), 2**63 - 1],
    "c_decimal": ["-9999999999999999999999999999.9999999999", "1E-10"],
    "c_numeric": ["-1234567.89", "0.00"],
    "c_money": ["-922337203685477.5808", "922337203685477.5807"],
    "c_smallmoney": ["-214748.3648", "214748.3647"],
    "c_real": [1.5, -0.25],
    "c_float": [1.7976931348623157e308, 5e-324],
    "c_date": ["0001-01-01", "9999-12-31"],
    "c_time": ["00:00:00", "23:59:59.999999"],
    "c_time0": ["00:00:00", "23:59:59"],
    "c_smalldatetime": ["1900-01-01 00:00:00", "2079-06-06 23:59:00"],
    "c_datetime": ["1753-01-01 00:00:00", "9999-12-31 23:59:59.997000"],
    "c_datetime2": ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"],
    "c_datetime2_3": ["2024-02-29 12:34:56.789000", "1999-12-31 23:59:59.999000"],
    "c_datetimeoffset": ["2024-05-06 12:38:09.123456+05:30", "1999-12-31 12:00:00-12:00"],
    "c_char": ["ab   ", "é€xyz"],
    "c_varchar": ["", "naïve €"],
    "c_varchar_utf8": ["Привет 🚀", "ascii"],
    "c_varchar_max": ["", "v" * 20_000],
    "c_nchar": ["я     ", "abcdef"],
    "c_nvarchar": ["", "Привет 🚀\t'\"\\\n"],
    "c_nvarchar_max": ["🚀" * 9000, ""],
    "c_text": ["long é", ""],
    "c_ntext": ["long я", ""],
    "c_xml": ["<a>я</a>", ""],
    "c_binary": [b64(b"\0\1\0\0"), b64(b"\xff" * 4)],
    "c_varbinary": [b64(b""), b64(b"\0\xff")],
    "c_varbinary_max": [b64(b"\0\1" * 50_000), b64(b"")],
    "c_image": [b64(b"\1\2"), b64(b"")],
    "c_rowversion": [b64(b"\0\0\0\0\0\0\x07\xd1"), b64(b"\xff" * 8)],
    "c_guid": ["6f9619ff-8b86-d011-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000"],
    "c_variant": [42, -1],
    "c_hierarchyid": [b64(b"\x58"), b64(b"")],
}


def expected_of(provider):
    """The values that a provider returns; mssql-odbc reads an empty image as NULL."""
    return EXPECTED | ({"c_image": [b64(b"\1\2"), None]} if provider == "mssql-odbc" else {})


@pytest.mark.parametrize("encrypt", ["no", "yes"])
def test_every_type_arrives_exactly(run, provider, encrypt, all_types):
    rows = run("values", encrypt=encrypt)
    assert list(EXPECTED) == [name for name, *_ in all_types]
    for index, (name, expected) in enumerate(expected_of(provider).items()):
        assert [row[index] for row in rows] == [*expected, None], name


def test_every_type_arrives_exactly_when_declared_not_null(run, provider):
    rows = run("values_not_null")
    for index, (name, expected) in enumerate(expected_of(provider).items()):
        assert [row[index] for row in rows] == expected, name


def test_arrow_readers_see_the_same_values(run, provider):
    # The driver's Arrow path refuses sql_variant.
    names = [name for name in EXPECTED if name not in {"c_variant", "c_hierarchyid"}]
    table = run("arrow_values", "SELECT ALL TYPES " + " ".join(names))
    assert list(table) == names
    for name in names:
        if name == "c_datetimeoffset":  # Arrow has it in UTC
            expected = ["2024-05-06 07:08:09.123456+00:00", "2000-01-01 00:00:00+00:00"]
        else:
            expected = expected_of(provider)[name]
        found = [text.lower() if name == "c_guid" and text else text for text in table[name]]
        assert found == [*expected, None], name


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("encrypt", ["no", "yes"])
def test_an_arrow_reader_drains_a_long_result(run, autocommit, encrypt):
    found = run("arrow_rows", encrypt=encrypt, autocommit=autocommit)
    assert found == [100_000, sum(range(100_000)), "row 99999"]


@pytest.mark.parametrize("autocommit", [True, False])
def test_nextset_after_arrow_batches_finds_the_second_result(run, autocommit):
    assert run("several_results", autocommit=autocommit) == [2, True, 3, False]


@pytest.mark.parametrize("autocommit", [True, False])
def test_parameters_of_many_types_come_back(run, autocommit):
    first, lengths, again = run("parameters", autocommit=autocommit)
    assert first == [
        7, 2**40, "текст 🚀", "-12.345", 2.5, True, b64(b"\0\xff"),
        "2024-02-29 12:34:56.789000", "1753-01-02", "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ]  # fmt: skip
    assert lengths == [9000, len(b64(b"z" * 9000))]
    assert again == [[0], [1], [2]]


def test_many_rows_go_through_executemany(run, engine):
    assert run("many") == [[7]]
    inserts = [given for sql, given in engine.statements if sql.startswith("INSERT")]
    values = [p.value for given in inserts for p in given]
    assert values[::2] == list(range(1200))
    assert values[-1] == "ряд 1199"


def test_a_null_parameter_comes_back_as_null(run):
    assert run("null_parameter") == [[None]]


@pytest.mark.parametrize("autocommit", [True, False])
def test_errors_carry_the_servers_text_and_leave_the_connection_usable(run, autocommit):
    texts, after = run("errors", autocommit=autocommit)
    assert "Invalid object name 'dbo.Nowhere'." in texts[0]
    assert "Divide by zero error encountered." in texts[1]
    assert "Divide by zero error encountered." in texts[2]
    assert after == [[0, "row 0"]]


def test_without_autocommit_every_request_gets_its_own_response(run, engine):
    count, after_commit, after_rollback = run("transaction", autocommit=False)
    assert count == 3
    assert len(after_commit) == 2
    assert len(after_rollback) == 3
    sent = engine.sent()
    assert sent.index("<begin None>") < sent.index("INSERT x") < sent.index("<commit>")


def test_a_reader_closed_in_mid_stream_leaves_the_connection_usable(run):
    assert run("abandon") == [[0, "row 0"]]


def test_a_connection_from_the_drivers_pool_is_reset(run, engine):
    assert run("pooled") == [[0, "row 0"]]
    assert engine.resets == 1


def test_a_wrong_password_is_refused_with_the_servers_text(run):
    assert "Login failed for user 'reader'." in run("values", password="wrong")


def test_a_verifying_client_connects_when_it_trusts_the_servers_certificate(run, server, tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_bytes(server.certificate_pem)
    assert run("several_results", encrypt="yes", authority=authority) == [2, True, 3, False]


def test_a_verifying_client_refuses_another_servers_certificate(run, tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_bytes(self_signed("127.0.0.1").certificate_pem)
    assert "certificate verify failed" in run("values", encrypt="yes", authority=authority)


def test_a_client_that_requires_tls_does_not_log_in_without_it(run, server, engine):
    server.faults.refuse_tls()
    assert "not support" in run("values", encrypt="yes")
    assert engine.logins == []


@pytest.mark.parametrize("encrypt", ["no", "yes"])
def test_a_cut_connection_is_an_error_of_the_reader(run, server, encrypt):
    server.faults.on_statement("ROWS", CutConnection(after_rows=50_000))
    assert "refused" in run("arrow_outcome", encrypt=encrypt)


def test_an_error_in_mid_stream_is_an_error_of_the_reader(run, server):
    server.faults.on_statement(
        "ROWS", SendError(601, "Could not continue scan.", after_rows=50_000)
    )
    assert "Could not continue scan." in run("arrow_outcome")


def test_a_stream_that_ends_early_looks_like_any_other_to_the_driver(run, server):
    server.faults.on_statement("ROWS", EndEarly(after_rows=50_000))
    assert run("arrow_outcome") == 50_000
