"""Collations: their five bytes on the wire (MS-TDS 2.2.5.1.2) and the code page of their char data.

The engine and the wire both need the code page, so this lies below both.
"""

import functools
import re
import struct
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.events import SqlError

_SQL_COLLATIONS: Final = {
    # name: (LCID, sort id, code page)
    "SQL_Latin1_General_CP1_CS_AS": (0x0409, 51, "cp1252"),
    "SQL_Latin1_General_CP1_CI_AS": (0x0409, 52, "cp1252"),
    "SQL_Latin1_General_CP1_CI_AI": (0x0409, 54, "cp1252"),
    "SQL_Latin1_General_Pref_CP1_CI_AS": (0x0409, 53, "cp1252"),
    "SQL_Latin1_General_CP437_BIN": (0x0409, 30, "cp437"),
    "SQL_Latin1_General_CP437_CS_AS": (0x0409, 31, "cp437"),
    "SQL_Latin1_General_CP437_CI_AS": (0x0409, 32, "cp437"),
    "SQL_Latin1_General_CP850_BIN": (0x0409, 40, "cp850"),
    "SQL_Latin1_General_CP850_CS_AS": (0x0409, 41, "cp850"),
    "SQL_Latin1_General_CP850_CI_AS": (0x0409, 42, "cp850"),
    "SQL_Latin1_General_CP1250_CS_AS": (0x0409, 81, "cp1250"),
    "SQL_Latin1_General_CP1250_CI_AS": (0x0409, 82, "cp1250"),
    "SQL_Latin1_General_CP1251_CS_AS": (0x0409, 105, "cp1251"),
    "SQL_Latin1_General_CP1251_CI_AS": (0x0409, 106, "cp1251"),
    "SQL_Czech_CP1250_CS_AS": (0x0405, 83, "cp1250"),
    "SQL_Czech_CP1250_CI_AS": (0x0405, 84, "cp1250"),
    "SQL_Hungarian_CP1250_CS_AS": (0x040E, 85, "cp1250"),
    "SQL_Hungarian_CP1250_CI_AS": (0x040E, 86, "cp1250"),
    "SQL_Polish_CP1250_CS_AS": (0x0415, 87, "cp1250"),
    "SQL_Polish_CP1250_CI_AS": (0x0415, 88, "cp1250"),
    "SQL_Ukrainian_CP1251_CS_AS": (0x0422, 107, "cp1251"),
    "SQL_Ukrainian_CP1251_CI_AS": (0x0422, 108, "cp1251"),
    "SQL_Latin1_General_CP1253_CI_AS": (0x0409, 114, "cp1253"),
    "SQL_Latin1_General_CP1254_CI_AS": (0x0409, 130, "cp1254"),
    "SQL_Latin1_General_CP1255_CI_AS": (0x0409, 138, "cp1255"),
    "SQL_Latin1_General_CP1256_CI_AS": (0x0409, 146, "cp1256"),
    "SQL_Latin1_General_CP1257_CI_AS": (0x0409, 154, "cp1257"),
}

_WINDOWS: Final = {
    # alphabet of the name: (LCID, code page)
    "Latin1_General": (0x0409, "cp1252"),
    "German_PhoneBook": (0x10407, "cp1252"),
    "Albanian": (0x041C, "cp1250"),
    "Arabic": (0x0401, "cp1256"),
    "Chinese_PRC": (0x0804, "gbk"),
    "Chinese_PRC_Stroke": (0x20804, "gbk"),
    "Chinese_Taiwan_Bopomofo": (0x30404, "cp950"),
    "Chinese_Taiwan_Stroke": (0x0404, "cp950"),
    "Croatian": (0x041A, "cp1250"),
    "Cyrillic_General": (0x0419, "cp1251"),
    "Czech": (0x0405, "cp1250"),
    "Danish_Norwegian": (0x0406, "cp1252"),
    "Estonian": (0x0425, "cp1257"),
    "Finnish_Swedish": (0x040B, "cp1252"),
    "French": (0x040C, "cp1252"),
    "Greek": (0x0408, "cp1253"),
    "Hebrew": (0x040D, "cp1255"),
    "Hungarian": (0x040E, "cp1250"),
    "Icelandic": (0x040F, "cp1252"),
    "Japanese": (0x0411, "cp932"),
    "Japanese_XJIS": (0x0411, "cp932"),
    "Korean_Wansung": (0x0412, "cp949"),
    "Korean": (0x0412, "cp949"),
    "Kazakh": (0x043F, "cp1251"),
    "Latvian": (0x0426, "cp1257"),
    "Lithuanian": (0x0427, "cp1257"),
    "Modern_Spanish": (0x0C0A, "cp1252"),
    "Polish": (0x0415, "cp1250"),
    "Romanian": (0x0418, "cp1250"),
    "Slovak": (0x041B, "cp1250"),
    "Slovenian": (0x0424, "cp1250"),
    "Thai": (0x041E, "cp874"),
    "Turkish": (0x041F, "cp1254"),
    "Ukrainian": (0x0422, "cp1251"),
    "Vietnamese": (0x042A, "cp1258"),
}

_VERSIONS: Final = {None: 0, "90": 1, "100": 2, "140": 3}
_IGNORE_CASE, _IGNORE_ACCENT, _IGNORE_KANA, _IGNORE_WIDTH = 1 << 20, 1 << 21, 1 << 22, 1 << 23
_BINARY, _BINARY2, _UTF8 = 1 << 24, 1 << 25, 1 << 26
_WINDOWS_NAME: Final = re.compile(
    r"(?P<alphabet>.+?)(?:_(?P<version>90|100|140))?"
    r"_(?:(?P<binary>BIN2?)|(?P<case>C[IS])_(?P<accent>A[IS])(?P<kana>_KS)?(?P<width>_WS)?"
    r"(?:_SC)?(?:_VSS)?)(?P<utf8>_UTF8)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Collation:
    """A collation's five wire bytes and the Python codec of its char data."""

    wire: bytes
    codec: str
    case_sensitive: bool


@functools.lru_cache(maxsize=256)
def collation(name: str) -> Collation:
    """Look up a collation by name. Raises SqlError 448 for an unknown one."""
    for known, (lcid, sort_id, codec) in _SQL_COLLATIONS.items():
        if known.lower() == name.lower():
            flags = _sensitivity(
                ignore_case="_CI_" in known, ignore_accent=known.endswith("_AI"), binary=""
            )
            if known.endswith("_BIN"):
                flags = _BINARY
            return Collation(
                struct.pack("<IB", lcid | flags, sort_id), codec, not flags & _IGNORE_CASE
            )
    match = _WINDOWS_NAME.fullmatch(name)
    alphabets = {alphabet.lower(): value for alphabet, value in _WINDOWS.items()}
    if match is None or match["alphabet"].lower() not in alphabets:
        raise SqlError(448, f"Invalid collation '{name}'.")
    lcid, codec = alphabets[match["alphabet"].lower()]
    flags = _sensitivity(
        ignore_case=(match["case"] or "").upper() == "CI",
        ignore_accent=(match["accent"] or "").upper() == "AI",
        binary=(match["binary"] or "").upper(),
        ignore_kana=not match["kana"],
        ignore_width=not match["width"],
    )
    if match["utf8"]:
        flags, codec = flags | _UTF8, "utf-8"
    word = lcid | flags | _VERSIONS[match["version"]] << 28
    return Collation(struct.pack("<IB", word, 0), codec, not flags & _IGNORE_CASE)


def codec_of(wire: bytes) -> str:
    """Return the codec for the five collation bytes that a client sent with a parameter.

    Raises SqlError 448 for an unknown locale or sort id.
    """
    word, sort_id = struct.unpack("<IB", wire)
    if word & _UTF8:
        return "utf-8"
    lcid = word & 0xFFFFF
    if sort_id:
        for _, known_sort, codec in _SQL_COLLATIONS.values():
            if known_sort == sort_id:
                return codec
    for known_lcid, codec in _WINDOWS.values():
        if known_lcid == lcid:
            return codec
    if lcid == 0:  # clients that ignore the server's collation send zeros
        return "cp1252"
    raise SqlError(448, f"Invalid collation with the locale 0x{lcid:05x} and sort id {sort_id}.")


def name_of(wire: bytes) -> str:
    """Return the name of a known collation's five wire bytes."""
    word, sort_id = struct.unpack("<IB", wire)
    for name, (_, known_sort, _) in _SQL_COLLATIONS.items():
        if sort_id and known_sort == sort_id:
            return name
    alphabet = next(n for n, (lcid, _) in _WINDOWS.items() if lcid == word & 0xFFFFF)
    version = next(text for text, number in _VERSIONS.items() if number == word >> 28)
    words = [alphabet, *([version] if version else [])]
    if word & (_BINARY | _BINARY2):
        words.append("BIN2" if word & _BINARY2 else "BIN")
    else:
        words += ["CI" if word & _IGNORE_CASE else "CS", "AI" if word & _IGNORE_ACCENT else "AS"]
        words += [] if word & _IGNORE_KANA else ["KS"]
        words += [] if word & _IGNORE_WIDTH else ["WS"]
        words += ["SC"] if word & _UTF8 else []
    return "_".join([*words, *(["UTF8"] if word & _UTF8 else [])])


def _sensitivity(
    *,
    ignore_case: bool,
    ignore_accent: bool,
    binary: str,
    ignore_kana: bool = True,
    ignore_width: bool = True,
) -> int:
    if binary:
        return _BINARY2 if binary == "BIN2" else _BINARY
    return (
        _IGNORE_CASE * ignore_case
        | _IGNORE_ACCENT * ignore_accent
        | _IGNORE_KANA * ignore_kana
        | _IGNORE_WIDTH * ignore_width
    )
