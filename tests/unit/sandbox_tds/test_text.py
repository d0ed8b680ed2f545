"""Text between UTF-8, UTF-16 and code pages."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.sandbox.tds.text import (
    carry_surrogates,
    decode_code_page,
    free_surrogates,
    to_code_page,
    to_utf16,
)

CHARACTERS = st.characters(exclude_categories=["Cs"]).filter(
    lambda c: not 0x10D800 <= ord(c) <= 0x10DFFF
)


def ranges(texts):
    raws = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, raws)]).astype(np.int64)
    return offsets, np.frombuffer(b"".join(raws), np.uint8)


def cells(offsets, data):
    raw = data.tobytes()
    return [raw[a:b] for a, b in itertools.pairwise(offsets.tolist())]


@given(st.lists(st.text(CHARACTERS, max_size=8), min_size=1, max_size=8))
def test_utf16_cells_are_those_of_pythons_encoder(texts):
    assert cells(*to_utf16(*ranges(texts))) == [t.encode("utf-16-le") for t in texts]


@given(
    st.lists(st.text(max_size=6).map(lambda t: t.encode("utf-16-le", "surrogatepass")), max_size=5)
)
def test_lone_surrogates_survive_the_way_in_and_out(raws):
    texts = [carry_surrogates(raw) for raw in raws]
    genuine = any(0xDBF6 <= int.from_bytes(r[i : i + 2], "little") <= 0xDBF7
                  for r in raws for i in range(0, len(r), 2))  # fmt: skip
    if texts and not genuine:
        assert cells(*to_utf16(*ranges(texts))) == raws


def test_a_lone_surrogate_is_carried_as_a_private_character():
    carried = carry_surrogates(b"\x3d\xd8a\x00")
    assert carried == "\U0010d83da"
    assert free_surrogates(carried) == "\ud83da"


@given(st.lists(st.text(CHARACTERS, max_size=8), min_size=1, max_size=8))
def test_utf8_collations_send_utf8(texts):
    assert cells(*to_code_page(*ranges(texts), "utf-8")) == [t.encode() for t in texts]


@pytest.mark.parametrize("codec", ["cp1252", "cp1251", "cp437", "cp932"])
def test_what_a_code_page_lacks_becomes_a_question_mark(codec):
    texts = ["plain", "é€", "яж", "あ", ""]
    expected = [text.encode(codec, errors="replace") for text in texts]
    assert cells(*to_code_page(*ranges(texts), codec)) == expected


def test_every_byte_of_a_code_page_survives_the_way_in_and_out():
    every = bytes(range(256))
    for codec in ("cp1252", "cp1253", "cp1255", "cp874"):
        text = decode_code_page(every, codec)
        assert len(set(text)) == 256
        assert cells(*to_code_page(*ranges([text]), codec)) == [every]
