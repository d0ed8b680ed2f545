"""Characters of Windows code pages and UTF-8: texts as the bytes that SQL Server stores.

The tables are those of Python's codecs, whose names stand for the code pages. Texts are in the
sandbox's physical form, in which lone surrogates are carried (see ``surrogates``).
"""

import codecs
import functools
from typing import Final

from tableferry_sandbox.surrogates import carried, freed

MULTI_BYTE: Final = frozenset({"utf-8", "gbk", "cp932", "cp949", "cp950"})
"""Codecs whose characters may take several bytes."""


_PRIVATE: Final[dict[str, dict[int, int]]] = {
    "cp874": dict(zip(b"\xdb\xdc\xdd\xde\xfc\xfd\xfe\xff", range(0xF8C1, 0xF8C9), strict=True)),
    "cp1253": {0xAA: 0xF8F9, 0xD2: 0xF8FA, 0xFF: 0xF8FB},
    "cp1255": {
        0xCA: 0x05BA,
        **dict(
            zip(b"\xd9\xda\xdb\xdc\xdd\xde\xdf\xfb\xfc\xff", range(0xF88D, 0xF897), strict=True)
        ),
    },
    "cp1257": {0xA1: 0xF8FC, 0xA5: 0xF8FD},
}
"""What Windows reads from bytes to which Python's codecs give no character."""


def encode(text: str, codec: str) -> bytes:
    """Return a text's bytes; each UTF-16 unit that the code page lacks becomes ``?``."""
    if text.isascii():
        return text.encode("ascii")
    joined = freed(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if codec in MULTI_BYTE:
        return joined.encode(codec, errors=_HANDLER)
    bytes_of = _bytes_of(codec)
    return bytes(
        byte
        for character in joined
        for byte in bytes_of.get(character, _UNKNOWN[: 1 + (ord(character) > 0xFFFF)])
    )


def decode(raw: bytes, codec: str) -> str:
    """Decode char data as Windows does: undefined bytes become C1 controls."""
    characters = characters_of(codec)
    if characters is None:
        return carried(raw.decode(codec, errors=_HANDLER if codec == "gbk" else "replace"))
    return "".join(characters[byte] for byte in raw)


def through(text: str, codec: str) -> str:
    """Return what is left of a text once it has been stored in a code page."""
    return text if text.isascii() else decode(encode(text, codec), codec)


def cut(text: str, size: int, codec: str) -> str:
    """Return the characters that fit into ``size`` bytes; one that fits in part is dropped."""
    raw = encode(text, codec)
    if len(raw) <= size:
        return text
    if codec not in MULTI_BYTE:
        return decode(raw[:size], codec)
    decoder = codecs.getincrementaldecoder(codec)(errors=_HANDLER if codec == "gbk" else "replace")
    return carried(decoder.decode(raw[:size]))


def character(number: int, codec: str) -> str | None:
    """Return the character of one byte (CHAR); None if the byte is not a whole character."""
    if not 0 <= number <= 255:
        return None
    characters = characters_of(codec)
    if characters is not None:
        return characters[number]
    try:
        return bytes([number]).decode(codec)
    except UnicodeDecodeError:
        return None


@functools.lru_cache(maxsize=32)
def characters_of(codec: str) -> tuple[str, ...] | None:
    """Return the character of each byte; None for a multi-byte code page.

    As in Windows, a byte without a character is a C1 control, 0x81 of cp1252 U+0081, or from 0xA0
    on a private-use character (the ``bestfit`` tables of Windows' code pages).
    """
    if codec in MULTI_BYTE:
        return None
    private = _PRIVATE.get(codec, {})
    return tuple(
        bytes([byte]).decode(codec, errors="ignore") or chr(private.get(byte, byte))
        for byte in range(256)
    )


@functools.lru_cache(maxsize=32)
def _bytes_of(codec: str) -> dict[str, bytes]:
    return {c: bytes([byte]) for byte, c in enumerate(characters_of(codec) or ())}


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace what a codec cannot do; Windows' code page 936 has the euro sign, gbk does not."""
    if isinstance(error, UnicodeEncodeError):
        text = error.object[error.start : error.end]
        units = (
            b"\x80"
            if c == "\u20ac" and error.encoding == "gbk"
            else _UNKNOWN[: 1 + (ord(c) > 0xFFFF)]
            for c in text
        )
        return b"".join(units), error.end
    if isinstance(error, UnicodeDecodeError):
        euro = error.object[error.start : error.start + 1] == b"\x80"
        return ("\u20ac" if euro else "\ufffd"), error.start + 1
    raise error


_UNKNOWN: Final = b"??"
_HANDLER: Final = "tableferry_sandbox.code_page"
codecs.register_error(_HANDLER, _replace)
