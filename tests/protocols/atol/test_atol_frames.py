"""Frames that others wrote: the reference's vectors and worked exchange, tests and dumps of three foreign programs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from protocols.atol.commands import COMMANDS, Asks, DeviceRefusal, answer_to, encode_request, parse_reply, parse_request
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.framing_v2 import Control, Frame, FrameReader, encode_v2
from protocols.atol.framing_v3 import ASYNC_ID, Packet, PacketReader, crc8, encode_v3
from protocols.atol.tasks import (
    Abort,
    Ack,
    Action,
    Add,
    Answer,
    Finished,
    Req,
    State,
    TaskState,
    encode_action,
    encode_answer,
    parse_action,
    parse_answer,
)
from protocols.ffd.tlv import Element, encode


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


def ok(task: int, result: str) -> Finished:
    return Finished(task, failed=False, result=hexed(result))


def add(task: int, request: Asks[Any], flags: int = 1) -> Add:
    return Add(flags, task, encode_request(request))


TEA = r.EndItem(
    flags=0, price=12345, quantity=Decimal(2), sum=24690, tax=6, tax_sum=0, section=1, object=1, method=4, sign=0,
    discount=0, reserved=bytes(2), name="Чай",
)  # fmt: skip

#: Packet, its id, what it says. §2.1, §2.5; the last ones are VEND's dump of a Казначей ФА and its unit test.
PACKETS: list[tuple[str, int, Action | Answer]] = [
    ("FE 05 00 F0 A6 57 55 00 00 FD EE", ASYNC_ID, ok(0x57, "55 00 00")),
    ("FE 01 00 01 C4 F6", 1, Abort()),
    ("FE 01 00 00 C4 02", 0, Abort()),
    ("FE 06 00 02 C1 01 01 00 00 A5 0F", 2, add(1, s.GetDeviceType())),
    ("FE 01 00 02 A1 95", 2, State(TaskState.PENDING)),
    (
        "FE 15 00 F0 A6 01 00 03 01 3D 00 00 03 00 00 12 45 80 92 8E 8B 20 33 30 94 65",
        ASYNC_ID,
        ok(1, "00 03 01 3D 00 00 03 00 00 12 45 80 92 8E 8B 20 33 30 94"),
    ),
    ("FE 02 00 05 C2 01 66", 5, Ack(1)),
    ("FE 06 00 03 C1 01 02 00 00 3F 98", 3, add(2, s.GetState())),
    ("FE 0B 00 08 C1 01 05 00 00 56 01 00 00 00 30 BD", 8, add(5, s.EnterMode(1, 30))),
    ("FE 07 00 07 C1 01 04 00 00 9A 00 95", 7, add(4, r.OpenShift(0))),
    ("FE 05 00 F0 A7 04 55 9C 00 90", ASYNC_ID, Finished(4, failed=True, result=hexed("55 9C 00"))),
    ("FE 08 00 09 C1 01 06 00 00 92 00 01 B1", 9, add(6, r.OpenReceipt(0, 1))),
    (
        "FE 19 00 0A C1 01 07 00 00 E8 01 01 00 F0 03 0C 00 2B 37 39 31 36 31 32 33 34 35 36 37 3D",
        10,
        add(7, r.WriteTag(r.PRINT_TAG, 1, 0, encode([Element(1008, "+79161234567")]))),
    ),
    ("FE 09 00 0B C1 01 08 00 00 EA 00 01 00 65", 11, add(8, r.BeginItem(0, 1, 0))),
    (
        (
            "FE 32 00 0C C1 01 09 00 00 EB 00 00 00 00 00 01 23 45 00 00 00 20 00 00 00 00 00 02 46 90 06 00 00 00 00 "
            "00 00 00 01 01 04 00 00 00 00 00 00 00 00 00 00 97 A0 A9 12"
        ),
        12,
        add(9, TEA),
    ),
    ("FE 0D 00 0D C1 01 0A 00 00 99 00 01 00 00 02 46 90 A0", 13, add(10, r.Pay(0, 1, 24690))),
    ("FE 0D 00 0E C1 01 0B 00 00 4A 00 01 00 00 00 00 00 30", 14, add(11, r.CloseReceipt(0, 1, 0))),
    ("FE 01 00 06 C4 58", 6, Abort()),
    ("FE 06 00 07 C1 01 02 00 00 A5 8D", 7, add(2, s.GetDeviceType())),
    ("FE 02 00 08 C3 02 FC", 8, Req(2)),
    ("FE 02 00 09 C3 02 BA", 9, Req(2)),
    ("FE 02 00 0A C3 02 70", 10, Req(2)),
    ("FE 06 00 02 C1 01 02 00 00 A5 93", 2, add(2, s.GetDeviceType())),
    ("FE 06 00 01 C1 01 02 00 00 A5 99", 1, add(2, s.GetDeviceType())),
]


@pytest.mark.parametrize(("raw", "number", "said"), PACKETS)
def test_packets_of_protocol_3(raw: str, number: int, said: Action | Answer) -> None:
    data = encode_action(said) if isinstance(said, Action) else encode_answer(said)
    assert encode_v3(number, data) == hexed(raw)
    [packet] = PacketReader().feed(hexed(raw))
    assert packet == Packet(number, data)
    assert (parse_action(data) if isinstance(said, Action) else parse_answer(data)) == said


def test_the_checksum_and_the_empty_packet() -> None:
    # CRC-8/NRSC-5's check value; A4J's wrapTest; the header of 130 bytes
    assert crc8(b"123456789") == 0xF7
    assert encode_v3(1) == hexed("FE 00 00 01 9D")
    assert PacketReader().feed(hexed("FE 00 00 01 9D")) == [Packet(1, b"")]
    assert encode_v3(1, bytes(130))[:4] == hexed("FE 02 01 01")


def test_a_state_of_the_worked_exchange() -> None:
    [packet] = PacketReader().feed(
        hexed(
            "FE 20 00 F0 A6 02 44 30 01 26 03 15 10 20 30 4B 12 34 56 78 3D 33 30 01 00 17 00 05 00 00 00 00 00 00 02 "
            "06 C0"
        )
    )
    assert isinstance(packet, Packet)
    said = parse_answer(packet.data)
    assert isinstance(said, Finished)
    state = s.GetStateReply(
        cashier=30, hall=1, at=datetime(2026, 3, 15, 10, 20, 30), flags=0x4B, serial=12345678, model=61, firmware="30",
        state=1, receipt=17, shift=5, receipt_state=0, sum=0, decimals=2, port=6,
    )  # fmt: skip
    assert answer_to(s.GetState(), said.result) == state


def test_device_types() -> None:
    # the worked exchange, and VEND's dump of a real device
    emulated = answer_to(s.GetDeviceType(), hexed("00 03 01 3D 00 00 03 00 00 12 45 80 92 8E 8B 20 33 30 94"))
    assert emulated == s.GetDeviceTypeReply(3, 1, 61, 0, 3, 0, 0, 1245, "АТОЛ 30Ф")
    raw = "00 01 01 4C 10 00 03 00 00 21 95 8A A0 A7 AD A0 E7 A5 A9 20 94 80"
    treasurer = answer_to(s.GetDeviceType(), hexed(raw))
    assert treasurer == s.GetDeviceTypeReply(1, 1, 76, 0x1000, 3, 0, 0, 2195, "Казначей ФА")


#: §3; the first is A4J's wrapTest.
FRAMES = [
    ("02 1F 00 FF 10 10 02 10 03 1A 03 E8", "1F 00 FF 10 02 03 1A"),
    ("02 00 00 3F 03 3C", "00 00 3F"),
    ("02 00 00 A5 03 A6", "00 00 A5"),
    ("02 00 00 56 10 03 00 00 00 30 03 76", "00 00 56 03 00 00 00 30"),
    ("02 55 00 00 03 56", "55 00 00"),
    ("02 55 67 00 03 31", "55 67 00"),
]


@pytest.mark.parametrize(("raw", "message"), FRAMES)
def test_frames_of_protocol_2(raw: str, message: str) -> None:
    assert encode_v2(hexed(message)) == hexed(raw)
    assert FrameReader().feed(b"\x06" + hexed(raw) + b"\x04") == [Control(6), Frame(hexed(message)), Control(4)]


def test_frames_are_the_commands_they_are_said_to_be() -> None:
    assert parse_request(hexed("00 00 56 03 00 00 00 30")) == (COMMANDS[0x56], s.EnterMode(3, 30), 0)
    assert encode_request(s.GetState()) == hexed("00 00 3F")
    with pytest.raises(DeviceRefusal) as refusal:
        parse_reply(COMMANDS[0x4A], hexed("55 67 00"))
    assert refusal.value.number == 0x67


def test_positions_of_other_programs() -> None:
    # A4J builds E6 with 104 bytes after the password, discount kind 1, sign 1 where there is no discount, and zeros
    # from the section on; names shorter than 64 are padded with zeros
    bike = encode_request(
        r.RegisterItem(2, "Тестовый велик", 320000, Decimal(1), 1, 1, 0, 0, 0, bytes(16), 0)
    )  # fmt: skip
    assert len(bike) == 2 + 104
    assert bike[2:18] == hexed("E6 02 92 A5 E1 E2 AE A2 EB A9 20 A2 A5 AB A8 AA")
    assert bike[2 + 66 : 2 + 79] == hexed("00 00 00 32 00 00 00 00 00 10 00 01 01")
    # 8Eh, 88h and 85h as A4J packs them: binary, binary, BCD
    assert encode_request(COMMANDS.named("sound").request(65536 - 921600 // 1000, 50)) == hexed("00 00 88 FC 67 32")
    assert encode_request(COMMANDS.named("pulse_drawer").request(15, 20, 3)) == hexed("00 00 85 00 15 00 20 03")
    # CRYS: 87h with eleven bytes before the text; LOG finds the text there, too
    field = COMMANDS.named("print_field").request(0, 1, 0, 1, 0, 0, 1, 1, 0, 0, "Я")
    assert encode_request(field) == hexed("00 00 87 00 01 00 01 00 00 01 01 00 00 00 9F")


def test_answers_of_other_programs() -> None:
    # CRYS reads remainder and change right after the error number; A4J wants 12 bytes in all
    paid = answer_to(r.Pay(0, 1, 30000), hexed("55 00 00 00 00 00 00 00 00 00 53 10"))
    assert paid == r.PayReply(0, 5310)
    # CRYS' unit test of its decoder: five bytes of BCD
    assert answer_to(s.GetCash(), hexed("4D 00 00 00 06 81 35 94")) == s.GetCashReply(6813594)
    # A4J: 4Ch leads the answer to 74h; an error of it begins with 55h like all
    assert answer_to(s.GetProtection(1), hexed("4C 01")) == s.GetProtectionReply(1)
    with pytest.raises(DeviceRefusal):
        answer_to(s.GetProtection(99), hexed("55 AE 00"))
