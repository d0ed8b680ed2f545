"""The same clients on the sandbox's own SQL engine: they create, fill, change and read a table."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pymssql
import pytds
import pytest

from sandbox_support import mssql_client
from sandbox_support.system_packages import program
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer

PASSWORD = "pässwörd 1"
CREATE = "CREATE TABLE dbo.T (id int IDENTITY PRIMARY KEY, name nvarchar(40), code varchar(9))"
SELECT = "SELECT id, name, code FROM [McTM].[dbo].[T] WITH (NOLOCK) ORDER BY id"
EXPECTED = [(1, "Привет 🚀", "é€"), (2, "", None), (3, "neu", "x")]


@pytest.fixture
def sandbox():
    engine = Server()
    engine.create_database("McTM")
    engine.add_login("reader", PASSWORD)
    with SandboxServer(engine) as running:
        yield running


@pytest.mark.parametrize("autocommit", ["1", "0"])
def test_mssql_python_creates_fills_and_reads_a_table(sandbox, provider, autocommit):
    statements = [
        (CREATE, []),
        ("INSERT INTO dbo.T (name, code) VALUES (?, ?)", ["Привет 🚀", "é€"]),
        ("INSERT INTO dbo.T (name, code) VALUES (N'', NULL), (N'alt', 'x')", []),
        ("UPDATE dbo.T SET name = ? WHERE code = ?", ["neu", "X"]),
        (SELECT, []),
    ]
    client = Path(mssql_client.__file__)
    text = (
        f"Server=127.0.0.1,{sandbox.port};Database=McTM;UID=reader;PWD={{{PASSWORD}}};"
        "TrustServerCertificate=yes;Encrypt=yes"
    )
    done = subprocess.run(
        [sys.executable, str(client), text, autocommit, "statements", json.dumps(statements)],
        env={**os.environ, "MSSQL_PYTHON_NATIVE_PROVIDER": provider},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [tuple(row) for row in json.loads(done.stdout)] == EXPECTED


def with_pymssql(port):
    return pymssql.connect(
        server="127.0.0.1", port=str(port), user="reader", password=PASSWORD, database="McTM"
    )


def with_pytds(port):
    return pytds.connect("127.0.0.1", port=port, user="reader", password=PASSWORD, database="McTM")


@pytest.mark.parametrize("connect", [with_pymssql, with_pytds])
def test_the_other_drivers_create_fill_and_read_a_table(sandbox, connect):
    connection = connect(sandbox.port)
    cursor = connection.cursor()
    cursor.execute(CREATE)
    cursor.execute("INSERT INTO dbo.T (name, code) VALUES (%s, %s)", ("Привет 🚀", "é€"))
    cursor.execute("INSERT INTO dbo.T (name, code) VALUES (N'', NULL), (N'alt', 'x')")
    assert cursor.rowcount == 2
    connection.commit()
    cursor.execute("DELETE FROM dbo.T")
    connection.rollback()
    cursor.execute("UPDATE dbo.T SET name = %s WHERE code = %s", ("neu", "X"))
    cursor.execute(SELECT)
    assert [tuple(row) for row in cursor.fetchall()] == EXPECTED
    connection.close()


@pytest.mark.parametrize("connect", [with_pymssql, with_pytds])
def test_informational_messages_are_not_errors_to_the_other_drivers(sandbox, connect):
    with connect(sandbox.port) as connection, connection.cursor() as cursor:
        cursor.execute("PRINT 'printed'; RAISERROR('warned', 10, 1); USE master")
        cursor.execute("SELECT DB_NAME()")
        assert cursor.fetchall() == [("master",)]


@pytest.mark.needs_packages("freetds-bin")
def test_freetds_tsql_creates_fills_and_reads_a_table(sandbox):
    script = f"{CREATE}\ngo\nINSERT INTO dbo.T (name, code) VALUES (N'я', 'é')\ngo\n{SELECT}\ngo\n"
    done = subprocess.run(
        [program("tsql"), "-H", "127.0.0.1", "-p", str(sandbox.port), "-D", "McTM",
         "-U", "reader", "-P", PASSWORD],
        input=script + "exit\n",
        env={**os.environ, "TDSVER": "7.4", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert "1\tя\té\n(1 row affected)" in done.stdout
