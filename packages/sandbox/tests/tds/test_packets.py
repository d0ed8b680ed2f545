"""Messages split into packets and reassembled."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry_sandbox.tds.packets import HEADER, PacketType, ProtocolError, frame, read_message


def reading(raw):
    stream = io.BytesIO(raw)

    def read(count):
        piece = stream.read(count)
        if len(piece) < count:
            raise EOFError
        return piece

    return read


@given(st.binary(max_size=3000), st.integers(16, 700), st.integers(0, 255))
def test_a_framed_message_reads_as_it_was(payload, size, first):
    framed = bytes(frame(payload, packet_size=size, first_id=first))
    message = read_message(reading(framed))
    assert message.payload == payload
    assert message.type == PacketType.RESPONSE


@given(st.integers(0, 3000))
def test_packets_are_full_numbered_and_only_the_last_ends_the_message(length):
    framed = bytes(frame(b"x" * length, packet_size=108, first_id=250, spid=51))
    at, headers = 0, []
    while at < len(framed):
        headers.append(HEADER.unpack_from(framed, at))
        at += headers[-1][2]
    assert at == len(framed)
    assert [h[1] for h in headers] == [0] * (len(headers) - 1) + [1]
    assert [h[4] for h in headers] == [(250 + i) & 0xFF for i in range(len(headers))]
    assert {h[3] for h in headers} == {51}
    assert all(h[2] == 108 for h in headers[:-1])


def test_full_packets_can_leave_before_the_message_ends():
    framed = bytes(frame(b"x" * 200, packet_size=108, last=False))
    assert len(framed) == 216
    assert framed[1] == framed[109] == 0


def test_a_short_packet_cannot_leave_before_the_message_ends():
    with pytest.raises(ValueError, match="last packet"):
        frame(b"x" * 201, packet_size=108, last=False)


@pytest.mark.parametrize(
    "raw",
    [
        HEADER.pack(1, 1, 7, 0, 0, 0),
        HEADER.pack(1, 1, 65535, 0, 0, 0),
        HEADER.pack(0x47, 1, 8, 0, 0, 0),
        HEADER.pack(1, 0, 9, 0, 0, 0) + b"x" + HEADER.pack(3, 1, 8, 0, 0, 0),
    ],
)
def test_malformed_packets_are_protocol_errors(raw):
    with pytest.raises(ProtocolError):
        read_message(reading(raw))


def test_an_attention_in_the_middle_of_a_request_replaces_it():
    raw = HEADER.pack(1, 0, 9, 0, 0, 0) + b"x" + HEADER.pack(6, 1, 8, 0, 0, 0)
    assert read_message(reading(raw)).type == PacketType.ATTENTION


def test_a_request_marked_to_be_ignored_comes_back_empty():
    raw = HEADER.pack(1, 0, 9, 0, 0, 0) + b"x" + HEADER.pack(1, 3, 9, 0, 0, 0) + b"y"
    message = read_message(reading(raw))
    assert message.payload == b""
    assert message.status & 2
