"""Text conversion between UTF-8, UTF-16 and code pages."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry_sandbox.code_pages import decode
from tableferry_sandbox.surrogates import carried, freed
from tableferry_sandbox.tds.text_encoding import (
    carry_surrogates,
    to_code_page,
    to_utf16,
)

CARRIERS = st.characters(min_codepoint=0x10D800, max_codepoint=0x10DFFF)
CHARACTERS = st.characters(exclude_categories=["Cs"]) | CARRIERS
UNITS = st.text(st.characters() | CARRIERS, max_size=6).map(
    lambda t: t.encode("utf-16-le", "surrogatepass")
)


def ranges(texts):
    raws = [carried(text).encode() for text in texts]
    offsets = np.cumsum([0, *map(len, raws)]).astype(np.int64)
    return offsets, np.frombuffer(b"".join(raws), np.uint8)


def cells(offsets, data):
    raw = data.tobytes()
    return [raw[a:b] for a, b in itertools.pairwise(offsets.tolist())]


@given(st.lists(st.text(CHARACTERS, max_size=8), min_size=1, max_size=8))
def test_utf16_cells_are_those_of_pythons_encoder(texts):
    assert cells(*to_utf16(*ranges(texts))) == [t.encode("utf-16-le") for t in texts]


@given(st.lists(UNITS, min_size=1, max_size=5))
def test_any_utf16_units_survive_a_round_trip(raws):
    offsets, data = ranges([freed(carry_surrogates(raw)) for raw in raws])
    assert cells(*to_utf16(offsets, data)) == raws


def test_a_lone_surrogate_is_carried_as_a_private_character():
    assert carry_surrogates(b"\x3d\xd8a\x00") == "\U0010d83da"
    assert freed("\U0010d83da") == "\ud83da"


def test_a_character_that_could_carry_one_is_carried_as_its_pair():
    assert carried("\U0010d83d") == "\U0010dbf6\U0010dc3d"


@given(st.lists(st.text(CHARACTERS, max_size=8), min_size=1, max_size=8))
def test_utf8_collations_send_utf8(texts):
    assert cells(*to_code_page(*ranges(texts), "utf-8")) == [t.encode() for t in texts]


@pytest.mark.parametrize("codec", ["cp1252", "cp1251", "cp437", "cp932"])
def test_what_a_code_page_lacks_becomes_a_question_mark(codec):
    texts = ["plain", "é€", "яж", "あ", ""]
    expected = [text.encode(codec, errors="replace") for text in texts]
    assert cells(*to_code_page(*ranges(texts), codec)) == expected


def test_every_byte_of_a_code_page_survives_a_round_trip():
    every = bytes(range(256))
    for codec in ("cp1252", "cp1253", "cp1255", "cp874"):
        text = decode(every, codec)
        assert len(set(text)) == 256
        assert cells(*to_code_page(*ranges([text]), codec)) == [every]
