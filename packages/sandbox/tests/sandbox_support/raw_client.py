"""A minimal TDS client, for what real clients hide: status bits, token order, timing."""

import socket
import struct

from tableferry_sandbox.tds.byte_reader import ByteReader
from tableferry_sandbox.tds.prelogin import parse_prelogin


class RawClient:
    """One connection. Requests are sent as bytes; responses are returned as bytes or tokens."""

    def __init__(self, port, *, encryption=2, packet_size=4096, version=0x74000004, features=()):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.send(0x12, self._prelogin(encryption))
        self.prelogin = parse_prelogin(self.receive())
        self.packet_size = packet_size
        self.version = version
        self.features = features

    def _prelogin(self, encryption):
        return b"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x0b" + b"\0" * 5 + bytes([encryption])

    def login(
        self, user="reader", password="pässwörd 1", database="McTM", flags2=0, flags3=0, language=""
    ):
        texts = ["host", user, password, "raw", "srv", "", "lib", language, database]
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

    def call_repeatedly(self, count, procedure, *parameters):
        """Call a procedure several times in one message."""
        headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
        call = struct.pack("<HHH", 0xFFFF, procedure, 0) + b"".join(parameters)
        self.send(0x03, headers + b"\xff".join([call] * count))
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
TYPE_INFO_REST = {0x7F: 0, 0x26: 1, 0xE7: 7, 0xA7: 7}


def tokens_of(payload):
    """Split a response into (name, data) pairs. Only rows of ``numbers_result`` are supported."""
    reader, found = ByteReader(payload), []
    while reader.more:
        kind = reader.u8()
        if kind in DONES:
            status, _, rows = reader.u16(), reader.u16(), reader.u64()
            found.append((DONES[kind], (status, rows)))
        elif kind in COUNTED:
            body = reader.take(reader.u16())
            found.append((COUNTED[kind], _message(body) if kind in {0xAA, 0xAB} else body))
        else:
            name, read = OTHERS[kind]
            found.append((name, read(reader)))
    return found


def _message(body):
    reader = ByteReader(body)
    number, state, severity = reader.i32(), reader.u8(), reader.u8()
    text = reader.us_varchar()
    reader.b_varchar()
    reader.b_varchar()
    return (number, state, severity, text, reader.u32())


def _features(reader):
    features = []
    while (feature := reader.u8()) != 0xFF:
        features.append((feature, reader.take(reader.u32())))
    return features


def _metadata(reader):
    count = reader.u16()
    for _ in range(count):
        reader.take(6)
        reader.take(TYPE_INFO_REST[reader.u8()])
        reader.b_varchar()
    return count


def _row(reader):
    number = reader.u64()
    reader.take(reader.u16())
    return number


def _return_value(reader):
    reader.u16()
    name = reader.b_varchar()
    reader.take(7)
    assert reader.take(2) == b"\x26\x04"
    return (name, int.from_bytes(reader.take(reader.u8()), "little"))


OTHERS = {
    0x79: ("RETURNSTATUS", ByteReader.i32),
    0xAE: ("FEATUREEXTACK", _features),
    0x81: ("COLMETADATA", _metadata),
    0xD1: ("ROW", _row),
    0xAC: ("RETURNVALUE", _return_value),
}


def text_parameter(text, name="", status=0):
    raw = text.encode("utf-16-le", errors="surrogatepass")
    head = bytes([len(name)]) + name.encode("utf-16-le") + bytes([status])
    return head + b"\xe7\x40\x1f\x09\x04\xd0\x00\x34" + struct.pack("<H", len(raw)) + raw


def int_parameter(value, name="", status=0):
    head = bytes([len(name)]) + name.encode("utf-16-le") + bytes([status])
    body = b"\0" if value is None else b"\x04" + value.to_bytes(4, "little", signed=True)
    return head + b"\x26\x04" + body
