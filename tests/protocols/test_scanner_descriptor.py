"""Report descriptors: scanners of any maker are read by their own, keyboards are told from scanners."""

from __future__ import annotations

import pytest

from protocols.scanner import descriptor
from protocols.scanner.descriptor import DESCRIPTOR, KEYBOARD, SCANNER, USUAL, DescriptorError, collections, layout
from protocols.scanner.framing import Framing
from protocols.scanner.hid_pos import ROOM, SIZE, Joiner, build_reports

CODE = b"0104600439931256215ABcde\x1d93dGVz"

#: The boot keyboard of the HID specification (Device Class Definition for HID 1.11, appendix B.1).
BOOT_KEYBOARD = bytes.fromhex(
    "05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508150025650507"
    "190029658100c0"
)


def item(tag: int, *value: int) -> bytes:
    return bytes((tag | {0: 0, 1: 1, 2: 2, 4: 3}[len(value)], *value))


PAGE, USAGE, ID, BITS, COUNT, INPUT, BEGIN, END = 0x04, 0x08, 0x84, 0x74, 0x94, 0x80, 0xA0, 0xC0


def scanner(*, report_id: int | None = 2, room: int = 56, flag_bits: int = 1) -> bytes:
    """A scanner after the usage tables' own example: AIM id field by field, no count, one bit of "continued"."""
    named = b"".join(item(USAGE, usage) + item(INPUT, 2) for usage in (0xFB, 0xFC, 0xFD))
    return b"".join(
        (
            item(PAGE, 0x8C), item(USAGE, 0x02), item(BEGIN, 1),
            item(ID, report_id) if report_id is not None else b"",
            item(BITS, 8), item(COUNT, 1), named,
            item(COUNT, *room.to_bytes(2, "little")), item(USAGE, 0xFE), item(INPUT, 0x02, 0x01),
            item(BITS, 1), item(COUNT, flag_bits), item(USAGE, 0xFF), item(INPUT, 2),
            item(COUNT, 8 - flag_bits), item(INPUT, 3),
            item(END),
        )
    )  # fmt: skip


def test_our_own_descriptor_describes_the_reports_we_make() -> None:
    assert collections(DESCRIPTOR) == (SCANNER,)
    assert layout(DESCRIPTOR) == USUAL
    for report in build_reports(CODE * 3, "]d2", 0x77):
        assert USUAL.usual(report) == report
        assert USUAL.parse(report) is not None


def test_a_keyboard_is_no_scanner() -> None:
    assert collections(BOOT_KEYBOARD) == (KEYBOARD,)
    assert layout(BOOT_KEYBOARD) is None


def test_a_device_that_is_both_shows_both() -> None:
    assert collections(BOOT_KEYBOARD + DESCRIPTOR) == (KEYBOARD, SCANNER)
    assert layout(BOOT_KEYBOARD + DESCRIPTOR) == USUAL


@pytest.mark.parametrize("report_id", [2, 7, None])
@pytest.mark.parametrize("room", [40, 56, 59, 250])
def test_another_makers_layout_becomes_the_usual_reports(report_id: int | None, room: int) -> None:
    where = layout(scanner(report_id=report_id, room=room))
    assert where is not None
    code, sent = CODE * 4, b""
    pieces = [code[start : start + room] for start in range(0, len(code), room)]
    for place, piece in enumerate(pieces):
        more = place < len(pieces) - 1
        own = (b"" if report_id is None else bytes((report_id,))) + b"]d2" + piece.ljust(room, b"\0") + bytes((more,))
        usual = where.usual(own)
        assert usual
        assert len(usual) % SIZE == 0
        sent += usual
    (reading,) = Joiner(Framing()).feed(sent)
    assert (reading.data, reading.symbology) == (code, "]d2")


def test_an_aim_id_that_is_none_and_another_report_are_not_made_up() -> None:
    where = layout(scanner())
    assert where is not None
    part = where.parse(b"\x02\0\0\0" + CODE.ljust(ROOM, b"\0") + b"\0")
    assert part is not None
    assert (part.symbology, part.data) == (None, CODE)
    assert where.parse(b"\x03" + bytes(60)) is None
    assert where.parse(b"\x02]d2" + CODE) is None, "a report that ends before its fields"
    assert where.usual(b"") == b""


def test_only_the_flags_own_bits_say_that_more_follows() -> None:
    where = layout(scanner(flag_bits=1))
    assert where is not None
    report = b"\x02]d2" + CODE.ljust(ROOM, b"\0")
    for last, more in ((b"\0", False), (b"\x01", True), (b"\xfe", False)):
        part = where.parse(report + last)
        assert part is not None
        assert part.more is more
    whole = USUAL.parse(build_reports(CODE, "]d2")[0][:-1] + b"\x80")
    assert whole is not None
    assert whole.more, "Honeywell's flag is the whole byte"


def test_usages_may_name_their_own_page_and_items_nobody_knows_are_passed_over() -> None:
    extended = descriptor.DESCRIPTOR.replace(bytes.fromhex("09fe"), bytes.fromhex("0bfe008c00"))
    assert extended != descriptor.DESCRIPTOR
    long_item = bytes.fromhex("fe02ffaabb")
    assert layout(long_item + extended) == USUAL


@pytest.mark.parametrize(
    "broken",
    [DESCRIPTOR[:-2] + b"\x06", b"\x85\x00" + DESCRIPTOR, scanner(room=4095).replace(b"\x75\x08", b"\x75\xff")],
)
def test_what_is_no_descriptor_is_refused(broken: bytes) -> None:
    with pytest.raises(DescriptorError):
        layout(broken)
