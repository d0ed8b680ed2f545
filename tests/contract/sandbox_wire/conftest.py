"""A server with a small made-up engine: canned answers of every type, to test the wire alone."""

import datetime
import decimal
import re
import socket
import struct
import threading
import uuid
from types import SimpleNamespace

import pyarrow as pa
import pytest

from tableferry.sandbox.events import (
    DatabaseChanged,
    Message,
    OutputValue,
    ResultSet,
    SqlError,
    StatementDone,
    TransactionChanged,
)
from tableferry.sandbox.server import SandboxServer
from tableferry.sandbox.sqltypes import MAX, Column, SqlType
from tableferry.sandbox.tds.prelogin import parse_prelogin
from tableferry.sandbox.tds.typeinfo import physical

D = decimal.Decimal
DAY = 864_000_000_000


def ticks(text):
    """100 ns since 0001-01-01 of an ISO time stamp with up to seven digits."""
    moment, _, fraction = text.partition(".")
    delta = datetime.datetime.fromisoformat(moment) - datetime.datetime(1, 1, 1)
    return (delta.days * 86400 + delta.seconds) * 10**7 + int((fraction + "0000000")[:7])


def int_variant(value):
    """sql_variant's payload for an int: base type, no properties, the value."""
    return b"\x38\x00" + value.to_bytes(4, "little", signed=True)


GUID = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")

# name, type, physical Arrow type, values
ALL_TYPES = [
    ("c_bit", SqlType("bit"), pa.bool_(), [True, False, None]),
    ("c_tinyint", SqlType("tinyint"), pa.uint8(), [0, 255, None]),
    ("c_smallint", SqlType("smallint"), pa.int16(), [-32768, 32767, None]),
    ("c_int", SqlType("int"), pa.int32(), [-(2**31), 2**31 - 1, None]),
    ("c_bigint", SqlType("bigint"), pa.int64(), [-(2**63), 2**63 - 1, None]),
    (
        "c_decimal",
        SqlType("decimal", precision=38, scale=10),
        pa.decimal128(38, 10),
        [D("-9999999999999999999999999999.9999999999"), D("0.0000000001"), None],
    ),
    ("c_numeric", SqlType("numeric", precision=9, scale=2), pa.decimal128(9, 2),
     [D("-1234567.89"), D("0.00"), None]),
    ("c_money", SqlType("money"), pa.decimal128(19, 4),
     [D("-922337203685477.5808"), D("922337203685477.5807"), None]),
    ("c_smallmoney", SqlType("smallmoney"), pa.decimal128(10, 4),
     [D("-214748.3648"), D("214748.3647"), None]),
    ("c_real", SqlType("real"), pa.float32(), [1.5, -0.25, None]),
    ("c_float", SqlType("float"), pa.float64(), [1.7976931348623157e308, 5e-324, None]),
    ("c_date", SqlType("date"), pa.date32(),
     [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]),
    ("c_time", SqlType("time", scale=6), pa.int64(), [0, DAY - 10, None]),
    ("c_time0", SqlType("time", scale=0), pa.int64(), [0, DAY - 10**7, None]),
    ("c_smalldatetime", SqlType("smalldatetime"), pa.int64(),
     [ticks("1900-01-01 00:00:00"), ticks("2079-06-06 23:59:00"), None]),
    ("c_datetime", SqlType("datetime"), pa.int64(),
     [ticks("1753-01-01 00:00:00"), ticks("9999-12-31 23:59:59.997"), None]),
    ("c_datetime2", SqlType("datetime2", scale=7), pa.int64(),
     [ticks("0001-01-01 00:00:00"), ticks("9999-12-31 23:59:59.9999990"), None]),
    ("c_datetime2_3", SqlType("datetime2", scale=3), pa.int64(),
     [ticks("2024-02-29 12:34:56.789"), ticks("1999-12-31 23:59:59.999"), None]),
    (
        "c_datetimeoffset",
        SqlType("datetimeoffset", scale=6),
        pa.struct([("utc", pa.int64()), ("offset", pa.int16())]),
        [{"utc": ticks("2024-05-06 07:08:09.123456"), "offset": 330},
         {"utc": ticks("2000-01-01 00:00:00"), "offset": -720}, None],
    ),
    ("c_char", SqlType("char", 5), pa.large_string(), ["ab", "é€xyz", None]),
    ("c_varchar", SqlType("varchar", 50), pa.large_string(), ["", "naïve €", None]),
    ("c_varchar_utf8", SqlType("varchar", 50, collation="Latin1_General_100_CI_AS_SC_UTF8"),
     pa.large_string(), ["Привет 🚀", "ascii", None]),
    ("c_varchar_max", SqlType("varchar", MAX), pa.large_string(), ["", "v" * 20_000, None]),
    ("c_nchar", SqlType("nchar", 6), pa.large_string(), ["я", "abcdef", None]),
    ("c_nvarchar", SqlType("nvarchar", 40), pa.large_string(), ["", "Привет 🚀\t'\"\\\n", None]),
    ("c_nvarchar_max", SqlType("nvarchar", MAX), pa.large_string(), ["🚀" * 9000, "", None]),
    ("c_text", SqlType("text"), pa.large_string(), ["long é", "", None]),
    ("c_ntext", SqlType("ntext"), pa.large_string(), ["long я", "", None]),
    ("c_xml", SqlType("xml", MAX), pa.large_string(), ["<a>я</a>", "", None]),
    ("c_binary", SqlType("binary", 4), pa.large_binary(), [b"\x00\x01", b"\xff" * 4, None]),
    ("c_varbinary", SqlType("varbinary", 20), pa.large_binary(), [b"", b"\x00\xff", None]),
    ("c_varbinary_max", SqlType("varbinary", MAX), pa.large_binary(),
     [b"\x00\x01" * 50_000, b"", None]),
    ("c_image", SqlType("image"), pa.large_binary(), [b"\x01\x02", b"", None]),
    ("c_rowversion", SqlType("timestamp"), pa.large_binary(),
     [b"\0\0\0\0\0\0\x07\xd1", b"\xff" * 8, None]),
    ("c_guid", SqlType("uniqueidentifier"), pa.binary(16), [GUID.bytes_le, b"\0" * 16, None]),
    ("c_variant", SqlType("sql_variant"), pa.large_binary(),
     [int_variant(42), int_variant(-1), None]),
    ("c_hierarchyid", SqlType("hierarchyid"), pa.large_binary(), [b"\x58", b"", None]),
]  # fmt: skip


def table_of(entries, *, nullable=True):
    columns = [Column(name, kind, nullable=nullable) for name, kind, _, _ in entries]
    arrays = [
        pa.array(values if nullable else values[:2], type=arrow) for _, _, arrow, values in entries
    ]
    names = [name for name, _, _, _ in entries]
    return columns, pa.RecordBatch.from_arrays(arrays, names)


def numbers_result(count, batch_rows=10_000, *, broken_after=None, key=None, gate=None):
    columns = [Column("n", SqlType("bigint"), nullable=False), Column("t", SqlType("nvarchar", 20))]

    def batches():
        for start in range(0, count, batch_rows):
            if gate is not None:
                gate(start)
            if broken_after is not None and start >= broken_after:
                raise SqlError(8134, "Divide by zero error encountered.", line=3)
            values = list(range(start, min(count, start + batch_rows)))
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array(values, pa.int64()),
                    pa.array([f"row {v}" for v in values], "large_string"),
                ],
                ["n", "t"],
            )

    return ResultSet(columns, batches(), key)


class FakeSession:
    def __init__(self, engine, session_id, database):
        self.engine = engine
        self.session_id = session_id
        self.database = database
        self.start_database = database
        self.cancelled = threading.Event()
        self.transaction = 0
        self.closed = False
        self.cancels = 0

    def execute(self, sql, parameters=()):
        self.cancelled.clear()
        self.engine.statements.append((sql, tuple(parameters)))
        return self._run(sql, parameters)

    def _run(self, sql, parameters):
        if match := re.fullmatch(r"\s*SELECT ROWS (\d+)( REPLAY)?\s*;?", sql):
            count = int(match[1])
            self.engine.reads += 1

            def gate(_start):
                self.engine.batches_read += 1

            yield numbers_result(count, key=sql if match[2] else None, gate=gate)
            yield StatementDone(count, "SELECT")
        elif match := re.search(r"SELECT ALL TYPES( NOT NULL)?", sql):
            columns, batch = table_of(ALL_TYPES, nullable=not match[1])
            names = re.findall(r"\bc_\w+", sql) or batch.schema.names
            keep = [batch.schema.names.index(name) for name in names]
            batch = batch.select(keep)
            yield ResultSet([columns[i] for i in keep], iter([batch]))
            yield StatementDone(batch.num_rows, "SELECT")
        elif "SELECT BROKEN" in sql:
            yield numbers_result(100_000, broken_after=30_000)
        elif "SELECT MISSING" in sql:
            raise SqlError(208, "Invalid object name 'dbo.Nowhere'.", line=2)
        elif "SELECT FATAL" in sql:
            raise SqlError(823, "The operating system returned an error.", severity=24)
        elif "SELECT TWO" in sql:
            yield numbers_result(2)
            yield StatementDone(2, "SELECT")
            yield numbers_result(3)
            yield StatementDone(3, "SELECT")
        elif "PRINT" in sql:
            yield Message(0, "hello", severity=0)
            yield StatementDone()
        elif "NOTE PARAMETERS" in sql:
            yield StatementDone()
            for parameter in parameters:
                if parameter.output:
                    yield OutputValue(parameter.name, parameter.type, 7)
        elif "SELECT PARAMETERS" in sql:
            yield from self._parameters(parameters)
        elif "SLEEP" in sql:
            self.engine.sleeping.set()
            self.cancelled.wait(30)
            raise SqlError(3617, "The statement was cancelled.")
        elif "SELECT DEFECT" in sql:
            raise KeyError("a defect of the engine")
        elif sql.lower().startswith("use "):
            old, self.database = self.database, sql[4:].strip(" []")
            yield DatabaseChanged(old, self.database)
            yield StatementDone()
        elif sql.startswith("INSERT"):
            yield StatementDone(3, "INSERT")
        elif match := re.search(r"\b(BEGIN|COMMIT|ROLLBACK) TRAN", sql, re.IGNORECASE):
            yield from self._transaction(match[1].lower())
        elif re.search(r"@@TRANCOUNT", sql) and "SELECT" in sql.upper():
            column = Column("", SqlType("int"))
            batch = pa.RecordBatch.from_arrays(
                [pa.array([int(self.transaction > 0)], "int32")], ["a"]
            )
            yield ResultSet([column], iter([batch]))
            yield StatementDone(1, "SELECT")
        elif re.match(r"\s*(SET|IF|DECLARE)\b", sql, re.IGNORECASE):
            yield StatementDone()
        else:
            raise SqlError(50000, f"The fake engine does not know: {sql}")

    def _parameters(self, parameters):
        columns = [Column(p.name.lstrip("@"), p.type) for p in parameters]
        arrays = [pa.array([p.value], type=physical(p.type)) for p in parameters]
        names = [c.name for c in columns]
        yield ResultSet(columns, iter([pa.RecordBatch.from_arrays(arrays, names)]))
        yield StatementDone(1, "SELECT")

    def _transaction(self, kind):
        if kind == "begin":
            self.transaction = 11
            yield TransactionChanged("begin", 11)
        elif self.transaction:
            self.transaction = 0
            yield TransactionChanged(kind, 11)
        yield StatementDone(command=kind.upper())

    def describe(self, sql, parameters=()):
        for event in self._run(sql, parameters):
            return event.columns if isinstance(event, ResultSet) else None
        return None

    def begin(self, isolation=None):
        self.engine.statements.append((f"<begin {isolation}>", ()))
        return self._transaction("begin")

    def commit(self):
        self.engine.statements.append(("<commit>", ()))
        return self._transaction("commit")

    def rollback(self):
        self.engine.statements.append(("<rollback>", ()))
        return self._transaction("rollback")

    def cancel(self):
        self.cancels += 1
        self.cancelled.set()

    def reset(self):
        self.engine.resets += 1
        self.database = self.start_database

    def close(self):
        self.closed = True


class FakeEngine:
    def __init__(self):
        self.statements = []
        self.sessions = []
        self.logins = []
        self.reads = 0
        self.batches_read = 0
        self.resets = 0
        self.sleeping = threading.Event()

    def login(self, request):
        self.logins.append(request)
        if (request.user, request.password) != ("reader", "pässwörd 1"):
            raise SqlError(18456, f"Login failed for user '{request.user}'.", severity=14)
        if request.database == "Nowhere":
            raise SqlError(
                4060,
                'Cannot open database "Nowhere" requested by the login. The login failed.',
                severity=11,
            )
        session = FakeSession(self, 51 + len(self.sessions), request.database or "master")
        self.sessions.append(session)
        return session

    def sent(self):
        return [sql for sql, _ in self.statements]


class RawClient:
    """A client of a few lines, for what the real ones do not show: bits, orders, moments."""

    def __init__(self, port, *, encryption=2, packet_size=4096, version=0x74000004, features=()):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.send(0x12, self._prelogin(encryption))
        self.prelogin = parse_prelogin(self.receive())
        self.packet_size = packet_size
        self.version = version
        self.features = features

    def _prelogin(self, encryption):
        return (
            b"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff"
             b"\x0b"
            + b"\0" * 5
            + bytes([encryption])
        )

    def login(self, user="reader", password="pässwörd 1", database="McTM", flags2=0, flags3=0):
        texts = ["host", user, password, "raw", "srv", "", "lib", "", database]
        data, pointers = b"", b""
        for index, text in enumerate(texts):
            raw = text.encode("utf-16-le")
            if index == 2:
                raw = bytes(((b << 4 & 0xF0) | b >> 4) ^ 0xA5 for b in raw)
            if index == 5 and self.features:
                raw = struct.pack("<I", 94 + len(data) + 4)
                raw += (
                    b"".join(struct.pack("<BI", f, len(d)) + d for f, d in self.features) + b"\xff"
                )
                pointers += struct.pack("<HH", 94 + len(data), 4)
            else:
                pointers += struct.pack("<HH", 94 + len(data), len(raw) // 2)
            data += raw
        flags3 |= 0x10 if self.features else 0
        fixed = struct.pack(
            "<IIIIII4BiI",
            94 + len(data), self.version, self.packet_size, 7, 1, 0, 0, flags2, 0, flags3, 0, 0,
        )  # fmt: skip
        rest = b"\0" * 6 + struct.pack("<HHHHHHI", 0, 0, 0, 0, 0, 0, 0)
        self.send(0x10, fixed + pointers + rest + data)
        return tokens_of(self.receive())

    def batch(self, sql, status=0):
        headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
        self.send(0x01, headers + sql.encode("utf-16-le"), status)

    def rpc(self, procedure, *parameters, status=0):
        headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
        if isinstance(procedure, int):
            head = struct.pack("<HH", 0xFFFF, procedure)
        else:
            head = struct.pack("<H", len(procedure)) + procedure.encode("utf-16-le")
        self.send(0x03, headers + head + b"\0\0" + b"".join(parameters), status)

    def ask(self, sql, status=0):
        self.batch(sql, status)
        return tokens_of(self.receive())

    def call(self, procedure, *parameters):
        self.rpc(procedure, *parameters)
        return tokens_of(self.receive())

    def attention(self):
        self.send(0x06, b"")

    def send(self, kind, payload, status=0):
        room = 4088
        pieces = [payload[i : i + room] for i in range(0, len(payload), room)] or [b""]
        for index, piece in enumerate(pieces):
            bits = (status if index == 0 else 0) | (index == len(pieces) - 1)
            header = struct.pack(">BBHHBB", kind, bits, len(piece) + 8, 0, (index + 1) & 0xFF, 0)
            self.socket.sendall(header + piece)

    def receive(self):
        parts = []
        while True:
            header = self.file.read(8)
            if len(header) < 8:
                raise ConnectionError("the server closed the connection")
            parts.append(self.file.read(int.from_bytes(header[2:4], "big") - 8))
            if header[1] & 1:
                return b"".join(parts)

    def close(self):
        self.file.close()
        self.socket.close()


DONES = {0xFD: "DONE", 0xFE: "DONEPROC", 0xFF: "DONEINPROC"}
COUNTED = {0xAA: "ERROR", 0xAB: "INFO", 0xE3: "ENVCHANGE", 0xAD: "LOGINACK"}


def tokens_of(payload):
    """Split a response into (name, data); rows only of ``numbers_result`` and of one int."""
    found, at = [], 0
    while at < len(payload):
        kind = payload[at]
        at += 1
        if kind in DONES:
            status, command, rows = struct.unpack_from("<HHQ", payload, at)
            found.append((DONES[kind], (status, rows)))
            at += 12
        elif kind in COUNTED:
            length = int.from_bytes(payload[at : at + 2], "little")
            body = payload[at + 2 : at + 2 + length]
            if kind in {0xAA, 0xAB}:
                number, state, severity, size = struct.unpack_from("<iBBH", body)
                text = body[8 : 8 + 2 * size].decode("utf-16-le")
                line = int.from_bytes(body[-4:], "little")
                found.append((COUNTED[kind], (number, state, severity, text, line)))
            else:
                found.append((COUNTED[kind], body))
            at += 2 + length
        elif kind == 0x79:
            found.append(("RETURNSTATUS", int.from_bytes(payload[at : at + 4], "little")))
            at += 4
        elif kind == 0xAE:
            features = []
            while payload[at] != 0xFF:
                size = int.from_bytes(payload[at + 1 : at + 5], "little")
                features.append((payload[at], payload[at + 5 : at + 5 + size]))
                at += 5 + size
            at += 1
            found.append(("FEATUREEXTACK", features))
        elif kind == 0x81:
            count = int.from_bytes(payload[at : at + 2], "little")
            at += 2
            for _ in range(count):
                code = payload[at + 6]
                at += 7 + {0x7F: 0, 0x26: 1, 0xE7: 7, 0xA7: 7}[code]
                at += 1 + 2 * payload[at]
            found.append(("COLMETADATA", count))
        elif kind == 0xD1:
            if count == 1:
                found.append(("ROW", payload[at + 1]))
                at += 1 + payload[at]
            else:
                found.append(("ROW", int.from_bytes(payload[at : at + 8], "little")))
                at += 10 + int.from_bytes(payload[at + 8 : at + 10], "little")
        elif kind == 0xAC:
            at += 2
            name = payload[at + 1 : at + 1 + 2 * payload[at]].decode("utf-16-le")
            at += 1 + 2 * payload[at] + 7
            assert payload[at] == 0x26
            size = payload[at + 2]
            value = int.from_bytes(payload[at + 3 : at + 3 + size], "little")
            at += 3 + size
            found.append(("RETURNVALUE", (name, value)))
        else:
            raise AssertionError(f"token 0x{kind:02x} at {at - 1}")
    return found


def text_parameter(text, name="", status=0):
    raw = text.encode("utf-16-le", errors="surrogatepass")
    head = bytes([len(name)]) + name.encode("utf-16-le") + bytes([status])
    return head + b"\xe7\x40\x1f\x09\x04\xd0\x00\x34" + struct.pack("<H", len(raw)) + raw


def int_parameter(value, name="", status=0):
    head = bytes([len(name)]) + name.encode("utf-16-le") + bytes([status])
    body = b"\0" if value is None else b"\x04" + value.to_bytes(4, "little", signed=True)
    return head + b"\x26\x04" + body


@pytest.fixture
def raw_on():
    """Make raw clients of any server, not yet logged in: ``raw_on(server, encryption=2, ...)``."""
    clients = []

    def connect(server, **options):
        client = RawClient(server.port, **options)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def raw(server, raw_on):
    """Make raw clients of ``server``; those with ``login=False`` stay before their login."""

    def connect(*, login=True, **options):
        client = raw_on(server, **options)
        if login:
            client.login()
        return client

    return connect


@pytest.fixture
def parameters():
    """The functions that make RPC parameters."""
    return SimpleNamespace(text=text_parameter, int=int_parameter)


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def server(engine):
    before = set(threading.enumerate())
    with SandboxServer(engine, replay=64 * 1024 * 1024) as running:
        yield running
    assert running.connections == 0
    assert set(threading.enumerate()) <= before


@pytest.fixture
def all_types():
    """Every type: name, SQL type, physical type, values."""
    return ALL_TYPES


@pytest.fixture
def make_engine():
    """The made-up engine's class, for servers with other options."""
    return FakeEngine
