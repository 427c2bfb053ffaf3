"""Worked frames of the vendor's protocol reference (§9.1, §9.2): built and taken apart byte for byte."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from protocols.ffd.tlv import Element, encode
from protocols.shtrih.commands import (
    COMMANDS,
    DeviceRefusal,
    Empty,
    OperatorReply,
    answer_to,
    encode_error,
    encode_reply,
    encode_request,
    encode_unsupported,
    parse_reply,
    parse_request,
)
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import marking as m
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.framing import Frame, HostV1, encode_v1

PASSWORD = 30
KM = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
NO_TAXES = (0,) * 6


def payments(**by_form: int) -> tuple[int, ...]:
    return tuple(by_form.get(f"p{form}", 0) for form in range(1, 17))


REQUESTS = [
    ("02 05 10 1E 00 00 00 0B", s.ShortStatus(PASSWORD)),
    ("02 06 FF 01 1E 00 00 00 E6", d.DriveStatus(PASSWORD)),
    ("02 05 E0 1E 00 00 00 FB", r.OpenShift(PASSWORD)),
    ("02 06 FF 40 1E 00 00 00 A7", d.ShiftParameters(PASSWORD)),
    ("02 06 8D 1E 00 00 00 00 95", r.OpenReceipt(PASSWORD, 0)),
    (
        (
            "02 29 FF 46 1E 00 00 00 01 80 84 1E 00 00 00 10 27 00 00 00 FF FF FF FF FF FF FF FF FF FF 02 01 04 01 "
            "CC EE EB EE EA EE 20 31 EB 7D"
        ),
        o.OperationV2(PASSWORD, 1, Decimal(2), 10000, None, None, 2, 1, 4, 1, "Молоко 1л"),
    ),
    (
        "02 16 FF 0C 1E 00 00 00 F0 03 0C 00 2B 37 39 39 39 30 30 30 31 31 32 32 11",
        d.SendTlv(PASSWORD, encode([Element(1008, "+79990001122")])),
    ),
    (
        "02 15 FF 0C 1E 00 00 00 FD 03 0B 00 88 A2 A0 AD AE A2 20 88 2E 88 2E 06",
        d.SendTlv(PASSWORD, encode([Element(1021, "Иванов И.И.")])),
    ),
    (
        "02 76 FF 45 1E 00 00 00 30 75" + " 00" * 109 + " 01 96",
        o.CloseReceiptV2(PASSWORD, payments(p1=30000), 0, NO_TAXES, 1),
    ),
    (
        (
            "02 30 FF 61 1E 00 00 00 01 00 26 00 30 31 30 34 36 30 30 30 30 30 30 30 30 30 31 35 32 31 35 41 42 63 64 "
            "45 46 67 68 31 32 33 34 1D 39 33 64 47 56 7A B2"
        ),
        m.CheckCode(PASSWORD, 1, 0, (KM, b"")),
    ),
    ("02 07 FF 69 1E 00 00 00 01 8E", m.DecideCode(PASSWORD, 1)),
    (
        (
            "02 29 FF 46 1E 00 00 00 01 40 42 0F 00 00 00 98 3A 00 00 00 FF FF FF FF FF FF FF FF FF FF 01 01 04 21 "
            "C2 EE E4 E0 20 30 2C 35 EB CF"
        ),
        o.OperationV2(PASSWORD, 1, Decimal(1), 15000, None, None, 1, 1, 4, 33, "Вода 0,5л"),
    ),
    ("02 0B FF 4D 1E 00 00 00 3C 08 01 00 00 92", d.SendItemTlv(PASSWORD, encode([Element(2108, 0)]))),
    (
        (
            "02 2D FF 67 1E 00 00 00 26 30 31 30 34 36 30 30 30 30 30 30 30 30 30 31 35 32 31 35 41 42 63 64 45 46 67 "
            "68 31 32 33 34 1D 39 33 64 47 56 7A A8"
        ),
        m.BindCode(PASSWORD, KM, None),
    ),
    (
        "02 76 FF 45 1E 00 00 00 00 00 00 00 00 98 3A" + " 00" * 104 + " 01 71",
        o.CloseReceiptV2(PASSWORD, payments(p2=15000), 0, NO_TAXES, 1),
    ),
]

REPLIES = [
    (
        "02 11 10 00 1E 92 02 04 00 00 80 D8 00 00 00 00 00 00 00 D3",
        0x10,
        s.ShortStatusReply(30, 0x0292, 4, 0, 0, 0x80, 0xD8, 0, 0, 0, 0, 0, 0, 0),
    ),
    (
        "02 21 FF 01 00 03 00 00 00 00 1A 03 02 09 0F 39 39 39 39 30 37 38 39 30 30 30 30 31 32 33 34 4C 00 00 00 8F",
        0xFF01,
        d.DriveStatusReply(3, 0, 0, 0, 0, datetime(2026, 3, 2, 9, 15), "9999078900001234", 76),
    ),
    ("02 03 E0 00 1E FD", 0xE0, OperatorReply(30)),
    ("02 08 FF 40 00 01 0C 00 00 00 BA", 0xFF40, d.ShiftParametersReply(1, 12, 0)),
    ("02 03 8D 00 1E 90", 0x8D, OperatorReply(30)),
    ("02 03 FF 46 00 BA", 0xFF46, Empty()),
    ("02 03 FF 0C 00 F0", 0xFF0C, Empty()),
    (
        "02 15 FF 45 00 10 27 00 00 00 4E 00 00 00 64 B0 05 A2 1A 03 02 09 11 A6",
        0xFF45,
        o.CloseReply(10000, 78, 2718281828, datetime(2026, 3, 2, 9, 17)),
    ),
    ("02 09 FF 61 00 03 00 05 02 00 0F 9C", 0xFF61, m.CheckCodeReply(3, 0, 5, b"\x00\x0f")),
    ("02 04 FF 69 00 0F 9D", 0xFF69, m.DecideCodeReply(15)),
    ("02 03 FF 4D 00 B1", 0xFF4D, Empty()),
    ("02 06 FF 67 00 44 4D 01 96", 0xFF67, m.BindCodeReply(b"DM", 1, b"")),
    ("02 10 FF 45 00 00 00 00 00 00 4F 00 00 00 4D E6 40 BB B5", 0xFF45, o.CloseReply(0, 79, 3141592653, None)),
]


def message_of(frame: str) -> bytes:
    events = HostV1().feed(bytes.fromhex(frame))
    assert len(events) == 1
    assert isinstance(events[0], Frame)
    return events[0].message


@pytest.mark.parametrize(("frame", "request_"), REQUESTS, ids=[frame[:17] for frame, _ in REQUESTS])
def test_a_worked_request_is_built_and_read(frame, request_):
    assert encode_v1(encode_request(request_)).hex(" ") == frame.lower()
    command, parsed = parse_request(message_of(frame))
    assert command.request is type(request_)
    assert parsed == request_


@pytest.mark.parametrize(("frame", "code", "reply"), REPLIES, ids=[frame[:17] for frame, _, _ in REPLIES])
def test_a_worked_reply_is_built_and_read(frame, code, reply):
    command = COMMANDS[code]
    assert encode_v1(encode_reply(command, reply)).hex(" ") == frame.lower()
    assert parse_reply(command, message_of(frame)) == reply


def test_the_online_part_of_a_code_check():
    reply = m.CheckCodeReply(3, 0, 5, b"\x00\x0f")
    assert (reply.online_code, reply.flags, reply.server_tlv) == (0, 15, b"")
    silent = m.CheckCodeReply(0, 2, 2, b"\xff")
    assert (silent.online_code, silent.flags) == (0xFF, None)
    assert m.CheckCodeReply(3, 0, 2, b"").online_code is None


def test_an_error_reply_is_a_refusal_with_its_number():
    with pytest.raises(DeviceRefusal) as refusal:
        answer_to(s.ShortStatus(PASSWORD), bytes.fromhex("10 4F"))
    assert refusal.value.number == 0x4F
    with pytest.raises(DeviceRefusal) as refusal:
        parse_reply(COMMANDS[0xFF45], bytes.fromhex("FF 45 73"))
    assert (refusal.value.number, refusal.value.command.name) == (0x73, "close_receipt_v2")


def test_a_device_without_the_drive_family_answers_two_bytes():
    # §2.2: the second byte of a two-byte FFh answer that is not the sub-code is the error
    with pytest.raises(DeviceRefusal) as refusal:
        parse_reply(COMMANDS[0xFF46], bytes.fromhex("FF 37"))
    assert refusal.value.number == 0x37


def test_shift_opening_answered_with_the_operator_only():
    # §3.2: the vendor's text has LEN 2 with only the operator
    assert answer_to(r.OpenShift(PASSWORD), bytes.fromhex("E0 1E")) == OperatorReply(30)
    with pytest.raises(DeviceRefusal):
        answer_to(r.OpenShift(PASSWORD), bytes.fromhex("E0 73"))


def test_optional_tails_may_be_there_or_not():
    expiry = COMMANDS[0xFF03]
    short = parse_reply(expiry, bytes.fromhex("FF 03 00 1B 04 16"))
    long = parse_reply(expiry, bytes.fromhex("FF 03 00 1B 04 16 1D 01"))
    assert isinstance(short, d.DriveExpiryReply)
    assert isinstance(long, d.DriveExpiryReply)
    assert (short.registrations_left, long.registrations_left, long.registrations) == (None, 29, 1)
    status = bytes.fromhex("10 00 1E 92 02 04 00 00 80 D8 00 00 00 00 00 00")
    assert answer_to(s.ShortStatus(PASSWORD), status).print_result is None


@pytest.mark.parametrize(
    "tail",
    [
        d.RegistrationTail(1, 2),
        d.RegistrationTail(1, 2, made_at=datetime(2026, 3, 2, 9, 17)),
        d.RegistrationTail(1, 2, reasons=3),
        d.RegistrationTail(1, 2, extended_mode=16, ofd_inn="7709876545", reasons=1 << 21),
    ],
)
def test_registration_totals_of_every_length(tail):
    totals = d.RegistrationTotals(datetime(2026, 1, 1, 10, 0), "7701234560", "0000000001050564", 1, 32, tail)
    assert parse_reply(COMMANDS[0xFF09], encode_reply(COMMANDS[0xFF09], totals)) == totals


def test_registration_totals_have_the_lengths_of_the_reference():
    # LEN 50 / 55 for ФФД 1.05, LEN 67 from 1.1 on, command code and error included
    def length(tail):
        totals = d.RegistrationTotals(datetime(2026, 1, 1, 10, 0), "7701234560", "0000000001050564", 1, 32, tail)
        return len(encode_reply(COMMANDS[0xFF09], totals))

    assert length(d.RegistrationTail(1, 2)) == 50
    assert length(d.RegistrationTail(1, 2, made_at=datetime(2026, 3, 2, 9, 17))) == 55
    assert length(d.RegistrationTail(1, 2, extended_mode=0, ofd_inn="", reasons=0)) == 67


def test_lengths_of_fixed_frames():
    # §4.1…4.3 and §3.3: LEN of FF45 118, FF4A 69, 85h 71, 8Eh 131, long status 48
    assert len(encode_request(o.CorrectionV2(30, 0, 1, 100, 100, 0, 0, 0, 0, NO_TAXES, 1))) == 69
    assert len(encode_request(r.CloseReceipt(30, (0,) * 4, 0, (0,) * 4, ""))) == 71
    assert len(encode_request(r.CloseReceiptExtended(30, (0,) * 16, 0, (0,) * 4, ""))) == 131
    assert len(encode_request(o.CloseReceiptV2(30, payments(), 0, NO_TAXES, 1, ("", (1, 2, 3, 4))))) == 202


def test_more_taxes_follow_a_full_closing_text():
    request = o.CloseReceiptV2(30, payments(), 0, NO_TAXES, 1, ("Спасибо", (1, 2, 3, 4)))
    assert parse_request(encode_request(request))[1] == request


def test_a_money_register_above_255_has_a_two_byte_number():
    from protocols.shtrih.commands.tables import ReadMoney

    assert encode_request(ReadMoney(30, 241)).hex(" ") == "1a 1e 00 00 00 f1"
    assert encode_request(ReadMoney(30, 4144)).hex(" ") == "1a 1e 00 00 00 30 10"


def test_errors_and_unsupported_commands():
    assert encode_error(COMMANDS[0xFF45], 0x55) == bytes.fromhex("FF 45 55")
    assert encode_unsupported(bytes.fromhex("A0 1E 00 00 00")) == bytes.fromhex("A0 37")
    assert encode_unsupported(bytes.fromhex("FF 99 1E")) == bytes.fromhex("FF 99 37")
