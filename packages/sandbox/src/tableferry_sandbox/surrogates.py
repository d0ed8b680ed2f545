"""Lone UTF-16 surrogates in UTF-8: each is carried by a private-use character of plane 16.

UTF-8 has no form for U+D800 to U+DFFF, so U+10D800 to U+10DFFF stand for them. A real character of
that range is carried as the pair of its surrogates: two carriers, which give it again in UTF-16.
"""

import re
from typing import Final

SHIFT: Final = 0x100000
"""From a surrogate to its carrier."""

_TO_CARRY: Final = re.compile("[\ud800-\udfff\U0010d800-\U0010dfff]")
_CARRIERS: Final = re.compile("[\U0010d800-\U0010dfff]")


def carried(text: str) -> str:
    """Return a text decoded with ``surrogatepass`` in the form that UTF-8 can hold."""
    return _TO_CARRY.sub(_carriers, text)


def freed(text: str) -> str:
    """Return the text with the surrogates themselves: UTF-16 by ``surrogatepass``."""
    return _CARRIERS.sub(lambda match: chr(ord(match[0]) - SHIFT), text)


def from_utf16(raw: bytes) -> str:
    """Decode UTF-16LE with any code units; UnicodeDecodeError for an odd number of bytes."""
    return carried(raw.decode("utf-16-le", errors="surrogatepass"))


def _carriers(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return chr(code + SHIFT)
    offset = code - 0x10000
    return chr(0xD800 + SHIFT + (offset >> 10)) + chr(0xDC00 + SHIFT + (offset & 0x3FF))
