"""COLMETADATA, collations, LOGIN7 and certificates, byte by byte."""

import struct

import pytest
from cryptography import x509

from tableferry_sandbox.collations import codec_of, collation
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, Column, SqlType
from tableferry_sandbox.tds.certificate import self_signed
from tableferry_sandbox.tds.login7 import deobfuscate, parse_login7
from tableferry_sandbox.tds.packets import ProtocolError
from tableferry_sandbox.tds.prelogin import parse_prelogin, prelogin_answer
from tableferry_sandbox.tds.typeinfo import column_metadata, type_info

CI_AS = b"\x09\x04\xd0\x00\x34"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (SqlType("int"), b"\x26\x04"),
        (SqlType("decimal", precision=10, scale=2), b"\x6a\x09\x0a\x02"),
        (SqlType("numeric", precision=38, scale=38), b"\x6c\x11\x26\x26"),
        (SqlType("datetime2", scale=3), b"\x2a\x03"),
        (SqlType("varchar", 50), b"\xa7\x32\x00" + CI_AS),
        (SqlType("nvarchar", 50), b"\xe7\x64\x00" + CI_AS),
        (SqlType("nvarchar", MAX), b"\xe7\xff\xff" + CI_AS),
        (SqlType("sysname"), b"\xe7\x00\x01" + CI_AS),
        (SqlType("varbinary", 8000), b"\xa5\x40\x1f"),
        (SqlType("timestamp"), b"\xad\x08\x00"),
        (SqlType("uniqueidentifier"), b"\x24\x10"),
        (SqlType("xml", MAX), b"\xf1\x00"),
        (SqlType("sql_variant"), b"\x62\x49\x1f\x00\x00"),
        (SqlType("text"), b"\x23\xff\xff\xff\x7f" + CI_AS),
        (SqlType("image"), b"\x22\xff\xff\xff\x7f"),
    ],
)
def test_a_type_is_announced_as_in_the_specification(kind, expected):
    assert type_info(kind) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [("bit", 0x32), ("tinyint", 0x30), ("smallint", 0x34), ("int", 0x38), ("bigint", 0x7F),
     ("real", 0x3B), ("float", 0x3E), ("money", 0x3C), ("smallmoney", 0x7A),
     ("datetime", 0x3D), ("smalldatetime", 0x3A)],
)  # fmt: skip
def test_a_not_null_number_is_announced_as_a_fixed_type(name, code):
    assert type_info(SqlType(name), nullable=False) == bytes([code])


def flags_of(column):
    return struct.unpack_from("<IH", column_metadata([column]), 3)


def test_columns_carry_their_flags_and_user_types():
    number = SqlType("int")
    assert flags_of(Column("a", number)) == (0, 0x09)
    assert flags_of(Column("a", number, nullable=False)) == (0, 0x08)
    assert flags_of(Column("a", number, nullable=False, identity=True)) == (0, 0x10)
    assert flags_of(Column("a", number, computed=True)) == (0, 0x21)
    assert flags_of(Column("a", SqlType("timestamp"), nullable=False)) == (0x50, 0x00)
    case_sensitive = SqlType("varchar", 5, collation="Latin1_General_BIN2")
    assert flags_of(Column("a", case_sensitive)) == (0, 0x0B)


def test_a_result_without_a_column_name_has_an_empty_one():
    assert column_metadata([Column("", SqlType("int"))])[-1:] == b"\0"


@pytest.mark.parametrize(
    ("name", "wire", "codec"),
    [
        ("SQL_Latin1_General_CP1_CI_AS", "0904d00034", "cp1252"),
        ("SQL_Latin1_General_CP1_CS_AS", "0904c00033", "cp1252"),
        ("latin1_general_ci_as", "0904d00000", "cp1252"),
        ("Latin1_General_100_CI_AS", "0904d02000", "cp1252"),
        ("Latin1_General_BIN2", "0904000200", "cp1252"),
        ("Latin1_General_BIN", "0904000100", "cp1252"),
        ("Latin1_General_100_CI_AS_SC_UTF8", "0904d02400", "utf-8"),
        ("Cyrillic_General_CI_AS", "1904d00000", "cp1251"),
        ("Japanese_CS_AS_KS_WS", "1104000000", "cp932"),
        ("Finnish_Swedish_CI_AI", "0b04f00000", "cp1252"),
    ],
)
def test_a_collation_has_its_five_bytes_and_its_code_page(name, wire, codec):
    found = collation(name)
    assert found.wire.hex() == wire
    assert found.codec == codec
    assert codec_of(found.wire) == codec


def test_unknown_collations_are_refused_by_448():
    for call in (lambda: collation("Klingon_CI_AS"), lambda: codec_of(b"\x99\x09\0\0\0")):
        with pytest.raises(SqlError) as caught:
            call()
        assert caught.value.number == 448


def test_a_password_is_deobfuscated():
    # "a": 0x61 with its halves swapped is 0x16, and with 0xA5 that is 0xB3.
    assert deobfuscate(b"\xb3\xa5") == b"a\0"


@pytest.mark.parametrize("length", [0, 36, 92])
def test_a_truncated_login_is_a_protocol_error(length):
    with pytest.raises(ProtocolError):
        parse_login7(b"\x5e" + b"\0" * length)


def test_a_login_field_outside_the_message_is_a_protocol_error():
    payload = bytearray(94)
    struct.pack_into("<I", payload, 0, 94)
    struct.pack_into("<HH", payload, 36, 90, 40)
    with pytest.raises(ProtocolError):
        parse_login7(bytes(payload))


def test_prelogin_answers_only_what_was_asked():
    asked = {0: b"", 1: b"\0", 4: b"\x01"}
    answered = parse_prelogin(prelogin_answer(asked, (16, 0, 4135), 1))
    assert answered == {0: b"\x10\x00\x10\x27\x00\x00", 1: b"\x01", 4: b"\x00"}


@pytest.mark.parametrize("payload", [b"", b"\x00", b"\x00\x00\x20\x00\x06\xff", b"\0\0\0\0\0"])
def test_a_malformed_prelogin_is_a_protocol_error(payload):
    with pytest.raises(ProtocolError):
        parse_prelogin(payload)


def test_a_certificate_names_the_host_and_loopback():
    pem = self_signed("sandbox.example").certificate_pem
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "sandbox.example"} <= set(names.get_values_for_type(x509.DNSName))
    assert "127.0.0.1" in {str(a) for a in names.get_values_for_type(x509.IPAddress)}
