"""HID-POS reports against what others' devices and manuals show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.scanner.explain import explain_report
from protocols.scanner.framing import Framing
from protocols.scanner.hid_pos import (
    PATIENCE,
    ROOM,
    SIZE,
    Joiner,
    Report,
    build_report,
    build_reports,
    parse_report,
)
from protocols.scanner.reading import Note

SHOES = b"010460043993125621JgXJ5.TxYz012\x1d91809F\x1d92" + b"Aa+/" * 11  # 85 bytes
LONG = SHOES + b"Bb09" * 11  # 129 bytes

#: Answers of a Honeywell Voyager 1602g to REVINF, the last three of seven, captured by HenkVanAsselt/python_hon_usbhid
#: (README.md): a full report with more to follow, a short last one, and the device's acknowledgement.
VOYAGER = (
    bytes([2, 56, 93, 88, 48, 32, 84, 121, 112, 101, 58, 32, 78, 47, 65, 32, 32, 32, 82, 101, 118, 105, 115, 105, 111,
           110, 58, 32, 78, 47, 65, 32, 32, 32, 83, 101, 114, 105, 97, 108, 32, 78, 117, 109, 98, 101, 114, 58, 32, 78,
           47, 65, 32, 32, 32, 67, 104, 101, 99, 107, 115, 63, 0, 1]),
    bytes([2, 9, 93, 88, 48, 117, 109, 58, 32, 78, 47, 65, 13, 10]).ljust(61, b"\0") + bytes([63, 0, 0]),
    bytes([2, 8, 93, 90, 54, 82, 69, 86, 73, 78, 70, 6, 46]).ljust(61, b"\0") + bytes([54, 0, 0]),
)  # fmt: skip


def join(*reports: bytes) -> list[tuple[bytes, str | None, tuple[str, ...]]]:
    return [(one.data, one.symbology, one.notes) for one in Joiner(Framing()).feed(b"".join(reports))]


def test_reports_of_a_real_device_are_joined_and_its_own_answers_are_no_scans() -> None:
    text = b" Type: N/A   Revision: N/A   Serial Number: N/A   Checksum: N/A"
    assert join(*VOYAGER) == [(text.strip(), "]X0", ())]


def test_the_manuals_report() -> None:
    """Access-IS LSR118 manual, appendix B.1.1: a QR code of 60 bytes in two reports, 38h and 04h bytes long."""
    text = b"M1GATHERGOOD/MICHAEL  YABCDEF LHRDURAK 3542 052Y003D23  0160"
    assert len(text) == 60
    first, second = build_reports(text, "]Q0", 0x73)
    assert first[:5] == b"\x02\x38]Q0"
    assert first[5:61] == text[:56]
    assert first[61:] == b"\x73\x00\x01"
    assert second == b"\x02\x04]Q0" + text[56:] + bytes(52) + b"\x73\x00\x00"
    assert join(first, second) == [(text, "]Q0", ())]


@pytest.mark.parametrize(("code", "reports"), [(SHOES[:30], 1), (SHOES[:56], 1), (SHOES, 2), (LONG, 3)])
def test_codes_of_marked_goods_in_one_to_three_reports(code: bytes, reports: int) -> None:
    made = build_reports(code, "]d2", 0x77)
    assert [len(one) for one in made] == [SIZE] * reports
    assert [one[63] for one in made] == [1] * (reports - 1) + [0]
    assert join(*made) == [(code, "]d2", ())]


@given(st.binary(min_size=1, max_size=ROOM), st.booleans(), st.integers(0, 255))
def test_a_report_carries_any_bytes(data: bytes, more: bool, vendor: int) -> None:
    part = Report(data, "]d1", vendor, more)
    assert parse_report(build_report(part)) == part


def test_a_layout_shifted_by_one() -> None:
    """As WebHidBarcodeScanner reads it: the bracket one byte further, count and flag where they always are."""
    usual = build_report(Report(SHOES[:40], "]d2", 0, more=True))
    shifted = usual[:2] + b"\0" + usual[2:61] + usual[62:]
    assert len(shifted) == SIZE
    part = parse_report(shifted)
    assert part is not None
    assert (part.data, part.symbology, part.more) == (SHOES[:40], "]d2", True)


def test_the_last_flag_counts_alone() -> None:
    full = build_report(Report(SHOES[:ROOM], "]d2", 0x77, more=False))
    assert join(full) == [(SHOES[:ROOM], "]d2", ())], "a full report may be the last one"
    short = build_report(Report(SHOES[:10], "]d2", 0x77, more=True))
    rest = build_report(Report(SHOES[10:ROOM], "]d2", 0x77, more=False))
    assert join(short, rest) == [(SHOES[:ROOM], "]d2", ())], "a short one may be continued"


@pytest.mark.parametrize(("vendor", "aim"), [(0x7C, "]C1"), (0x64, "]E0"), (0x44, "]E4"), (0x77, None), (0, None)])
def test_the_makers_byte_stands_in_for_an_aim_id_where_it_leaves_no_choice(vendor: int, aim: str | None) -> None:
    """Data Matrix has a plain and a GS1 form, so Honeywell's 77h alone cannot tell which."""
    assert join(build_report(Report(b"4600439931256", None, vendor, more=False))) == [(b"4600439931256", aim, ())]


def test_a_trailing_return_and_an_aim_id_within_the_data_are_taken_off() -> None:
    assert join(*build_reports(b"]d2" + SHOES + b"\r", "]d2")) == [(SHOES, "]d2", ())]


def test_reports_of_another_kind_are_passed_over() -> None:
    other = b"\x04" + bytes(SIZE - 1)
    assert join(other, *build_reports(SHOES, "]d2"), other) == [(SHOES, "]d2", ())]


def test_a_code_whose_next_report_does_not_come_is_cut_off_and_does_not_spoil_the_next() -> None:
    joiner = Joiner(Framing())
    first, second = build_reports(SHOES, "]d2")
    assert joiner.feed(first) == []
    assert joiner.patience == PATIENCE
    (cut,) = joiner.silence()
    assert (cut.data, cut.notes, cut.spoilt) == (SHOES[:ROOM], (Note.TRUNCATED,), True)
    assert joiner.patience is None
    assert [one.data for one in joiner.feed(first + second)] == [SHOES]


def test_a_code_without_end_is_given_up() -> None:
    endless = build_report(Report(b"a" * ROOM, "]d2", 0, more=True))
    readings = Joiner(Framing()).feed(endless * 10)
    assert len(readings) == 1
    assert readings[0].spoilt
    assert Note.OVERLONG in readings[0].notes


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="57 bytes"):
        build_report(Report(b"a" * 57, "]d2", 0, more=False))
    with pytest.raises(ValueError, match="AIM"):
        build_report(Report(b"a", "]d", 0, more=False))


def test_words_for_a_technician() -> None:
    words = explain_report(build_reports(SHOES, "]d2", 0x77)[0])
    assert "]d2" in words
    assert "Data Matrix" in words
    assert "<GS>" in words
    assert "продолжение" in words
    assert "не скан" in explain_report(b"\x04" + bytes(63))


def test_a_report_that_claims_more_than_it_holds_gives_what_it_holds() -> None:
    report = build_report(Report(SHOES[:ROOM], "]d2", 0x77, more=False))
    part = parse_report(report[:1] + b"\xc8" + report[2:])
    assert part is not None
    assert part.data == SHOES[:ROOM]


def test_half_a_report_before_silence_is_not_put_before_the_next() -> None:
    joiner = Joiner(Framing())
    report = build_reports(SHOES[:30], "]d2")[0]
    assert joiner.feed(report[:20]) == []
    assert joiner.patience == PATIENCE
    assert joiner.silence() == []
    assert [one.data for one in joiner.feed(report)] == [SHOES[:30]]
