"""Every row of ATOL's command table: unique, round-trips, and its fast codec is its construct grammar."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from atol_messages import messages
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.atol.commands import (
    COMMANDS,
    Command,
    DeviceRefusal,
    Empty,
    UnknownCommand,
    WireError,
    encode_error,
    encode_reply,
    encode_request,
    is_refusal,
    parse_reply,
    parse_request,
    service,
    state,
)
from protocols.atol.commands import drive as d
from protocols.atol.commands import receipts as r
from protocols.atol.commands.base import CommandTable, row
from protocols.atol.statuses import Mode
from protocols.rows import Effect
from protocols.wire import grammar_of, kinds_of

FEW = settings(max_examples=6, deadline=None)
ROWS = pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)


@ROWS
@FEW
@given(st.data(), st.integers(0, 9999))
def test_requests_round_trip(command: Command, data: st.DataObject, password: int) -> None:
    request = data.draw(messages(command.request))
    assert parse_request(encode_request(request, password)) == (command, request, password)


@ROWS
@FEW
@given(st.data())
def test_answers_round_trip(command: Command, data: st.DataObject) -> None:
    reply = data.draw(messages(command.reply))
    assert parse_reply(command, encode_reply(command, reply)) == reply
    assert not is_refusal(command, encode_reply(command, reply))


@ROWS
def test_a_refusal_is_a_refusal_of_any_command(command: Command) -> None:
    if command.code == 0x45:  # its answer has no place for an error
        return
    with pytest.raises(DeviceRefusal) as refusal:
        parse_reply(command, encode_error(command, 0x66, 1))
    assert is_refusal(command, encode_error(command, 0x66, 1))
    assert refusal.value.number == 0x66
    assert refusal.value.extra == (0 if command.code == 0xA5 else 1)


CLASSES = sorted({row.request for row in COMMANDS.values()} | {row.reply for row in COMMANDS.values()}, key=str)


@pytest.mark.parametrize("cls", CLASSES)
@FEW
@given(st.data())
def test_the_fast_codec_is_the_grammar(cls: type, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    fields = {name: getattr(message, name) for name in kinds_of(cls)}
    grammar = grammar_of(cls)
    raw = message.encode()
    assert grammar.build(fields) == raw
    parsed = grammar.parse(raw)
    assert {name: parsed[name] for name in fields} == fields


def test_the_table_has_every_command_of_the_reference() -> None:
    # §4.3, less the removed families; 4Bh, 57h, 8Ch, 90h, A8h, ABh and C2h are CRYS' and LOG's
    listed = """3F 45 A5 9D B3 56 48 91 46 50 9A 92 E6 52 EA EB E8 E9 B8 43 99 9B 4A 59 49 4F 4D 58 67 5A 4C 87 6C 73 75
        95 97 55 82 8D 8E C1 80 85 88 47 64 ED 6B 77 71 6D 74 CE 8F A410 A420 A430 A431 A432 A433 A440 A443 A445 A446
        4B 57 8C 90 A8 AB C2"""
    assert set(COMMANDS) == {int(code, 16) for code in listed.split()}
    with pytest.raises(ValueError, match="twice"):
        CommandTable([*COMMANDS.values(), row(0x3F, "other", "", state.GetState, state.GetStateReply, Effect.READ)])


def test_what_commands_may_do() -> None:
    fiscal = {command.name for command in COMMANDS.values() if command.effect is Effect.FISCAL}
    assert fiscal == {"open_shift", "open_receipt", "close_receipt", "report", "close_shift"}
    assert all(command.effect is Effect.READ for command in COMMANDS.values() if command.code > 0xFF)
    assert COMMANDS[0x5A].modes == frozenset({Mode.Z_REPORTS})
    assert COMMANDS[0x3F].modes is None
    # A4J's table of T5
    longest = {0x4A: 20, 0x5A: 40, 0x91: 45, 0xE6: 50, 0xEA: 50, 0xEB: 50, 0xA8: 120, 0xAB: 120, 0x8D: 20, 0x8E: 20}
    assert {code: COMMANDS[code].timeout for code in longest} == longest


def test_unknown_and_misshapen_messages() -> None:
    with pytest.raises(UnknownCommand):
        parse_request(b"\0\0\x01")
    for message in (b"", b"\0\0", b"\0\0\xa4", b"\0\0\x3f\0", b"\xab\0\x3f", b"\0\0\x4a\0\1\0\0\0\0\x0a"):
        with pytest.raises(WireError):
            parse_request(message)
    for answer in (b"", b"\x55", b"\x44\0", b"\x45\0\0"):
        with pytest.raises(WireError):
            parse_reply(COMMANDS[0x4A], answer)
    with pytest.raises(WireError):
        parse_reply(COMMANDS[0x3F], b"\x55\0\0")


def test_a_value_that_does_not_fit_names_its_field() -> None:
    with pytest.raises(WireError, match=r"CloseReceipt\.sum"):
        encode_request(r.CloseReceipt(0, 1, 10**10))
    with pytest.raises(WireError, match=r"EndItem\.quantity"):
        encode_request(r.EndItem(0, 1, Decimal("0.0001"), 1, 6, 0, 1, 1, 4, 0, 0, bytes(2), ""))
    with pytest.raises(WireError, match=r"EndItem\.name"):
        encode_request(r.EndItem(0, 1, Decimal(1), 1, 6, 0, 1, 1, 4, 0, 0, bytes(2), "中"))
    with pytest.raises(WireError, match="password"):
        encode_request(state.GetState(), 10_000)


def test_success_may_have_two_numbers() -> None:
    # TC: 01h is none of the errors
    assert parse_reply(COMMANDS[0x4A], b"\x55\x01\0") == Empty()
    assert parse_reply(COMMANDS[0x48], b"\x55\0") == Empty()


def test_newer_firmware_may_lengthen_its_answers() -> None:
    found = parse_reply(COMMANDS[0xA410], bytes.fromhex("55 00 01 05 00 11 00 FF FF"))
    assert found == d.DriveShiftReply(1, 5, 17)


def test_drive_answers_are_binary_and_little_endian() -> None:
    status = bytes.fromhex("55 00 03 00 00 01 08 1A 03 0F 0A 14") + b"9999078900001234" + bytes.fromhex("0C 01 00 00")
    assert parse_reply(COMMANDS[0xA430], status) == d.DriveStatusReply(
        3, 0, 0, 1, 8, datetime(2026, 3, 15, 10, 20), "9999078900001234", 268
    )
    validity = parse_reply(COMMANDS[0xA432], bytes.fromhex("55 00 1B 05 01 0B 01"))
    assert validity == d.DriveValidityReply(date(2027, 5, 1), 11, 1)
    assert encode_request(d.FindDocument(268)) == bytes.fromhex("00 00 A4 40 0C 01 00 00")


def test_a_long_tag_goes_in_blocks() -> None:
    # TC: one block is number 0 of 1
    tlv = bytes(range(256)) * 2
    blocks = r.write_tag(tlv, printed=False)
    assert [(block.blocks, block.block, len(block.data)) for block in blocks] == [(3, 0, 249), (3, 1, 249), (3, 2, 14)]
    assert b"".join(block.data for block in blocks) == tlv
    assert r.write_tag(b"\xf0\x03\0\0", printed=True) == (r.WriteTag(1, 1, 0, b"\xf0\x03\0\0"),)
    longest = encode_request(blocks[0])
    assert len(longest) == 255  # what a frame of protocol 2 carries


def test_clocks() -> None:
    moment = datetime(2026, 3, 15, 10, 20, 30)
    assert encode_request(service.SetClock(moment)) == bytes.fromhex("00 00 ED 15 03 26 10 20 30")
    assert encode_request(service.SetDate(date(2026, 3, 15))) == bytes.fromhex("00 00 64 15 03 26")
    assert parse_request(bytes.fromhex("00 00 64 31 02 26"))[1] == service.SetDate(None)
    with pytest.raises(WireError):
        parse_request(bytes.fromhex("00 00 4B 25 00 00"))


def test_a_version_of_any_length_has_a_build() -> None:
    # TC reads the third byte of 9Dh as the version, and of source 91h the last two alone
    version = parse_reply(COMMANDS[0x9D], bytes.fromhex("55 00 03 00 00 36 89"))
    assert isinstance(version, state.GetVersionReply)
    assert version.build == 3689
    internal = parse_reply(COMMANDS[0x9D], bytes.fromhex("55 00 57 24"))
    assert isinstance(internal, state.GetVersionReply)
    assert internal.build == 5724


def test_five_or_seven_bytes_of_tax() -> None:
    # CRYS sends five, A4J seven
    for raw in ("00 00 B8 00 00 01 00 00 00 12 34", "00 00 B8 00 00 01 00 00 00 00 00 12 34"):
        assert parse_request(bytes.fromhex(raw))[1] == r.ReceiptTax(0, 0, 1, 1234)
