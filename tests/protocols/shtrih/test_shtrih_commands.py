"""Every row of the command table: unique, round-trips, and its fast codec is its construct grammar."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shtrih_messages import messages

from protocols.shtrih.commands import COMMANDS, encode_reply, encode_request, parse_reply, parse_request
from protocols.shtrih.commands.base import CommandTable, UnknownCommand, row
from protocols.shtrih.commands.operations import OperationV2
from protocols.shtrih.commands.state import Beep, ShortStatus, ShortStatusReply
from protocols.wire import WireError, grammar_of, kinds_of

#: There are hundreds of rows: a few examples of each find what a wrong row does.
FEW = settings(max_examples=10, deadline=None)
ROWS = pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)


@ROWS
@FEW
@given(st.data())
def test_requests_round_trip(command, data):
    request = data.draw(messages(command.request))
    found, parsed = parse_request(encode_request(request))
    assert found is command
    assert parsed == request


@ROWS
@FEW
@given(st.data())
def test_replies_round_trip(command, data):
    reply = data.draw(messages(command.reply))
    assert parse_reply(command, encode_reply(command, reply)) == reply


CLASSES = sorted({row.request for row in COMMANDS.values()} | {row.reply for row in COMMANDS.values()}, key=str)


@pytest.mark.parametrize("cls", CLASSES)
@FEW
@given(st.data())
def test_the_fast_codec_is_the_grammar(cls, data):
    message = data.draw(messages(cls))
    fields = {name: getattr(message, name) for name in kinds_of(cls)}
    grammar = grammar_of(cls)
    raw = message.encode()
    assert grammar.build(fields) == raw
    parsed = grammar.parse(raw)
    assert {name: parsed[name] for name in fields} == fields


def test_codes_names_and_requests_are_unique():
    commands = list(COMMANDS.values())
    assert len({command.name for command in commands}) == len(commands)
    assert len({command.request for command in commands}) == len(commands)
    with pytest.raises(ValueError, match="twice"):
        CommandTable([*commands, row(0x13, "another", "", Beep, COMMANDS[0x13].reply)])


def test_the_table_has_every_command_of_the_reference():
    # §3.1…3.3 and §4, without the removed families of §3.3
    classic = """01 02 03 10 11 12 13 14 15 16 17 18 19 1A 1B 1E 1F 20 21 22 23 24 25 26 27 28 29 2A 2B 2C 2D 2E 2F
        40 41 42 43 44 45 46 4D 4E 4F 50 51 52 53 54 60 6B 80 81 82 83 84 85 86 87 88 89 8A 8B 8C 8D 8E B0 C0 C1 C2 C3
        C4 C5 C6 C7 C8 C9 CA CB DD DE E0 E1 E2 E3 E4 F3 F7 FC FD FE"""
    drive = """01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 30 31 32 33 34 35 36 37 38 39 3A 3B 3C 3D 3E 3F 40 41 42 43 44
        45 46 47 48 49 4A 4B 4C 4D 4E 50 51 52 53 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74"""
    expected = {int(code, 16) for code in classic.split()} | {0xFF00 | int(code, 16) for code in drive.split()}
    assert set(COMMANDS) == expected


def test_a_command_is_found_by_code_name_and_request():
    assert COMMANDS[0xFF46] is COMMANDS.named("operation_v2") is COMMANDS.of(OperationV2)
    assert COMMANDS[0xFF46].code_bytes == b"\xff\x46"


def test_unknown_and_misshapen_messages():
    with pytest.raises(UnknownCommand):
        parse_request(bytes.fromhex("A0 1E 00 00 00"))
    for message in (b"", b"\xff", b"\x10\x1e", b"\x10\x1e\x00\x00\x00\x00"):
        with pytest.raises(WireError):
            parse_request(message)


def test_a_value_that_does_not_fit_names_its_field():
    with pytest.raises(WireError, match=r"OperationV2\.price"):
        encode_request(OperationV2(30, 1, Decimal(1), 1 << 40, None, None, 1, 1, 4, 1, "x"))
    with pytest.raises(WireError, match=r"OperationV2\.quantity"):
        encode_request(OperationV2(30, 1, Decimal("0.0000001"), 1, None, None, 1, 1, 4, 1, "x"))
    with pytest.raises(WireError, match=r"OperationV2\.name"):
        encode_request(OperationV2(30, 1, Decimal(1), 1, None, None, 1, 1, 4, 1, "х" * 129))


def test_newer_firmware_may_lengthen_its_replies():
    status = bytes.fromhex("10 00 1E 92 02 04 00 00 80 D8 00 00 00 00 00 00 00 AA BB")
    reply = parse_reply(COMMANDS.of(ShortStatus), status)
    assert isinstance(reply, ShortStatusReply)
    assert reply.mode == 4


def test_impossible_dates_are_no_dates():
    reply = parse_reply(COMMANDS[0xFF39], bytes.fromhex("FF 39 00") + bytes(13))
    assert reply.first_at is None
    assert encode_reply(COMMANDS[0xFF39], reply) == bytes.fromhex("FF 39 00") + bytes(13)
    with pytest.raises(WireError):
        parse_request(bytes.fromhex("21 1E 00 00 00 19 00 00"))
    assert time(23, 59, 59) == parse_request(bytes.fromhex("21 1E 00 00 00 17 3B 3B"))[1].time


@pytest.mark.parametrize("number", [b"", b"\1\2\3", b"\xff" * 2_000])
def test_a_register_number_has_one_or_two_bytes(number: bytes) -> None:
    """A number of thousands of digits could not even be put into words."""
    with pytest.raises(WireError):
        parse_request(b"\x1a\x1e\0\0\0" + number)


def test_text_is_read_no_longer_than_it_is_written() -> None:
    with pytest.raises(WireError):
        parse_request(b"\x17\x1e\0\0\0\2" + b"a" * 251)
    _, padded = parse_request(b"\x17\x1e\0\0\0\2" + b"a" * 40 + bytes(300))
    assert padded.text == "a" * 40
