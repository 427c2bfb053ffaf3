"""Every row of the command table: unique, round-trips, its fast codec is its grammar; what the manual has, we have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pirit_messages import messages

from protocols.pirit.commands import (
    COMMANDS,
    CommandTable,
    Echo,
    Empty,
    Line,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)
from protocols.pirit.commands.base import row
from protocols.pirit.commands.printing import LoadLogo, LoadPicture, PrintBitmap, PrintPng
from protocols.pirit.commands.receipts import AddItem
from protocols.pirit.commands.state import Status
from protocols.pirit.errors import BAD_PARAMETERS, ERRORS, Conclusion, describe, is_of_drive, of_drive
from protocols.pirit.extended import BAD_PARAMETER, EXTENDED, extended
from protocols.pirit.framing import Reply
from protocols.pirit.messages import versions
from protocols.rows import Effect
from protocols.wire import Message, grammar_of, kinds_of, names_of

FEW = settings(max_examples=3, deadline=None)
ROWS = pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
CLASSES = sorted({row.request for row in COMMANDS.values()} | {row.reply for row in COMMANDS.values()}, key=str)


@ROWS
@FEW
@given(st.data())
def test_requests_and_replies_round_trip(command, data):
    request = data.draw(messages(command.request))
    frame = encode_request(0x20, request)
    assert parse_request(frame) == (command, request)
    reply = data.draw(messages(command.reply))
    answer = encode_reply(command, 0x20, reply)
    assert parse_reply(command, answer) == reply
    if command.echo is Echo.EITHER and answer.data:
        numbered = b"%d\x1c" % command.sub + answer.data
        assert parse_reply(command, type(answer)(0x20, command.code, 0, numbered)) == reply


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=2, deadline=None)
@given(st.data())
def test_the_fast_codec_is_the_grammar(cls, data):
    message = data.draw(messages(cls))
    fields = {name: getattr(message, name) for name in names_of(cls)}
    grammar = grammar_of(cls)
    raw = Message.encode(message)
    assert grammar.build(fields) == raw
    parsed = grammar.parse(raw)
    assert {name: parsed[name] for name in fields} == fields


def rows(command: int) -> list[int]:
    return sorted(sub for code, sub in COMMANDS if code == command and sub is not None)


def test_the_table_has_every_command_of_the_manual():
    plain = """00 04 10 11 12 13 14 15 16 17 18 19 20 21 23 24 25 30 31 32 33 34 40 41 42 44 45 47 48 49 50 52 53 54 55
        56 57 58 59 60 63 64 67 71 73 80 81 82 91 93 94 A0 A1 A3 A4 A6 A7 A8 A9"""
    only_in_the_library = {0xA5}
    assert {code for code, sub in COMMANDS if sub is None} == {int(n, 16) for n in plain.split()} | only_in_the_library
    assert rows(0x01) == [*range(1, 19)]
    assert rows(0x02) == [*range(1, 13), *range(14, 25), 40, 70, 71]
    assert rows(0x03) == rows(0x06) == [1, 2]
    assert rows(0x05) == [*range(1, 14)]
    assert rows(0x78) == [*range(1, 8), *range(11, 24)]
    assert rows(0x79) == [0, 1, 2, 3, *range(6, 17), 52]
    assert (rows(0x85), rows(0x86), rows(0x87), rows(0xAA)) == ([0, 1, 2, 3, 4], [0, 1, 2, 3], [0, 1], [1, 2, 3, 4])


def test_names_are_unique_and_found():
    assert COMMANDS[0x42, None] is COMMANDS.named("add_item") is COMMANDS.of(AddItem)
    assert COMMANDS[0x78, 15].label == "78/15"
    assert COMMANDS[0x42, None].label == "42"
    again = row(0x00, "again", "", Status, COMMANDS[0x00, None].reply, effect=Effect.READ)
    with pytest.raises(ValueError, match="twice"):
        CommandTable([*COMMANDS.values(), again])


def test_what_packet_mode_silences():
    silent = {command.code for command in COMMANDS.values() if command.silent}
    assert silent == {0x24, 0x40, 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49, 0x52}
    assert all(command.effect is Effect.DRAFT for command in COMMANDS.values() if command.silent)


def test_what_may_have_made_a_document():
    settles = {command.label for command in COMMANDS.values() if command.effect.settles}
    assert settles == {"21", "23", "31", "58", "59"}
    dangerous = {command.code for command in COMMANDS.values() if command.effect is Effect.DANGEROUS}
    assert dangerous == {0x54, 0x60, 0x63, 0x71, 0x87, 0xA0, 0xA4}


def test_second_stages():
    staged = {command.code for command in COMMANDS.values() if command.two_stage}
    assert staged == {0x15, 0x17, 0x18, 0x55, 0x67}
    assert LoadLogo(1000).payload_size == 1000
    assert PrintPng(77, 64, 64, 1).payload_size == 77
    assert PrintBitmap(9, 10, 0).payload_size == 20  # a row is whole bytes
    assert LoadPicture(16, 10, 0, "logo").payload_size == 20
    with pytest.raises(TypeError, match="no second stage"):
        _ = Status().payload_size


def test_where_versions_and_lines_of_firmware_differ():
    marked = {
        command.label: {name: str(only) for name, only in versions(command.request).items()}
        for command in COMMANDS.values()
        if versions(command.request)
    }
    assert set(marked) == {"21", "23", "24", "30", "31", "58", "59", "71"}
    assert marked["30"] == {"address": "1.2"}
    assert marked["24"]["measured"] == "1.05"
    assert marked["58"]["cash"] == "1.05"
    assert {command.label for command in COMMANDS.values() if command.lines is Line.PUNIX} == {"78/18"}
    assert all(command.ffd is not None for command in COMMANDS.values() if command.code in {0x25, 0x79, 0x87})


# --- errors


def test_every_error_of_the_manual_has_a_row():
    numbers = """01 02 03 04 05 06 07 08 09 0A 0B 0C 0E 0F 10 11 12 13 20 41 42 43 44 45 46 47 48 49 4A 4B 4C 4D 4E 50
        51 52 54 55 56 57 58 59 60 61 62 63 64 72 73 74 75 7C 7E"""
    assert set(ERRORS) == {int(number, 16) for number in numbers.split()}
    assert len({one.code for one in ERRORS.values()}) == len(ERRORS)
    assert all(one.detail.isascii() and one.text_ru and one.hint_ru.endswith((".", "!")) for one in ERRORS.values())


def test_every_extended_code_of_the_manual_has_a_row():
    numbers = [*range(6), 7, 8, 9, *range(11, 31), *range(33, 36), *range(37, 68), 69, 70, *range(71, 74),
               *range(75, 80), 81, 82, 83, 85, 86, *range(88, 92), 93, 94]  # fmt: skip
    assert sorted(EXTENDED) == numbers
    assert len({one.code for one in EXTENDED.values()}) == len(EXTENDED)
    assert extended(48).text_ru == "Неверный параметр «Номер ставки налога»"
    assert extended(99).code == "extended_99"


def test_bad_parameters_are_fields_and_codes():
    for (name, field), number in BAD_PARAMETER.items():
        assert field in kinds_of(COMMANDS.named(name).request), (name, field)
        assert number in EXTENDED
    assert ERRORS[BAD_PARAMETERS].conclusion is Conclusion.DATA


def test_the_drives_own_errors():
    assert describe(of_drive(0x16)).code == "fn_shift_expired"
    assert describe(of_drive(0x3E)).code == "fn_unchecked_code"
    assert is_of_drive(0x41)
    assert not is_of_drive(0x20)


def test_of_an_unknown_error_nothing_is_concluded():
    unknown = describe(0xEE)
    assert unknown.code == "pirit_ee"
    assert unknown.conclusion is Conclusion.DRIVE


@pytest.mark.parametrize("data", [b"", b"\x1c", b"3\x1c"])
def test_a_reply_without_data_may_have_some(data):
    assert parse_reply(COMMANDS[0x79, 3], Reply(0x20, 0x79, 0, data)) == Empty()
    assert parse_reply(COMMANDS[0x05, 5], Reply(0x20, 0x05, 0, data)) == Empty()
    assert parse_reply(COMMANDS[0x44, None], Reply(0x20, 0x44, 0, data)) == Empty()
