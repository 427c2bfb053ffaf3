"""Serial scanners: one code is one reading, whatever stands around it and however it was cut on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.scanner.aim import AIM, split_aim
from protocols.scanner.framing import CAP, LONGEST, Cutter, Framing, glued, unframe
from protocols.scanner.reading import ADVICE, SPOILING, Note

GS = b"\x1d"
#: Shapes of codes on shoes (with 91/92), milk (93) and tobacco (no separator).
SHOES = b"010460043993125621JgXJ5.TxYz012" + GS + b"91809F" + GS + b"92" + b"Aa+/" * 11
MILK = b"0104600439931256215ABcde" + GS + b"93dGVz"
TOBACCO = b"00000046198488X?io+qCABm8wAYa"
CODES = [SHOES, MILK, TOBACCO]
#: Everything a code of marked goods can be made of: GS1 character set 82 and the separator.
IN_CODES = st.sampled_from(b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz" + GS)
TEXT = st.lists(IN_CODES, min_size=1, max_size=200).map(bytes).map(lambda one: b"0" + one.strip(GS) + b"1")


def one(framing: Framing, data: bytes) -> tuple[bytes, str | None, tuple[str, ...]]:
    readings = Cutter(framing).feed(data)
    assert len(readings) == 1
    return readings[0].data, readings[0].symbology, readings[0].notes


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\x03", b"\r\r\n\n"])
@pytest.mark.parametrize("aim", [b"", b"]d2"])
def test_usual_setups_need_no_configuration(code: bytes, end: bytes, aim: bytes) -> None:
    assert one(Framing(), aim + code + end) == (code, aim.decode() or None, ())


@pytest.mark.parametrize(
    ("framing", "sent"),
    [
        (Framing(prefix=b"SC1:"), b"SC1:]d2" + MILK + b"\r"),
        (Framing(prefix=b"SC1:"), b"]d2SC1:" + MILK + b"\r"),
        (Framing(prefix=b"]d2"), b"]d2" + MILK + b"\r"),
        (Framing(suffix=b"\t"), b"]d2" + MILK + b"\t"),
        (Framing(suffix=b"<END>"), b"]d2" + MILK + b"<END>"),
        (Framing(prefix=b"\x02", suffix=b"\x03"), b"\x02]d2" + MILK + b"\x03"),
        (Framing(substitutes=(b"{GS}",)), b"]d2" + MILK.replace(GS, b"{GS}") + b"\r"),
        (Framing(substitutes=(b"|",)), b"]d2" + MILK.replace(GS, b"|") + b"\r"),
    ],
)
def test_any_prefix_suffix_and_separator(framing: Framing, sent: bytes) -> None:
    assert one(framing, sent) == (MILK, "]d2", ())


def test_nuls_and_spaces_around_a_code_are_no_part_of_it() -> None:
    assert one(Framing(), b"\0\0 " + MILK + b" \0\r") == (MILK, None, ())


@given(code=TEXT, cut=st.integers(1, 64), end=st.sampled_from([b"\r", b"\r\n"]))
def test_packets_are_cut_anywhere(code: bytes, cut: int, end: bytes) -> None:
    cutter, sent, found = Cutter(Framing()), b"]d2" + code + end, []
    for start in range(0, len(sent), cut):
        found += cutter.feed(sent[start : start + cut])
    assert [(reading.data, reading.symbology) for reading in found] == [(code, "]d2")]
    assert b"".join(found[0].packets) == sent[: len(sent) - (end == b"\r\n")]


def test_a_suffix_cut_in_its_middle() -> None:
    cutter = Cutter(Framing(suffix=b"<END>"))
    assert cutter.feed(MILK + b"<E") == []
    assert [reading.data for reading in cutter.feed(b"ND>" + MILK + b"<END")] == [MILK]
    assert [reading.data for reading in cutter.feed(b">")] == [MILK]


def test_two_quick_scans_in_one_packet_are_two() -> None:
    readings = Cutter(Framing()).feed(SHOES + b"\r\n" + MILK + b"\r\n")
    assert [reading.data for reading in readings] == [SHOES, MILK]
    assert not any(reading.notes for reading in readings)


def test_codes_glued_without_an_end_are_parted_where_aim_ids_prove_the_seam() -> None:
    cutter = Cutter(Framing(prefix=b"X"))
    readings = cutter.feed(b"X]d2" + SHOES + b"X]d2" + MILK + b"X]C1" + MILK + b"\r")
    assert [(reading.data, reading.symbology) for reading in readings] == [
        (SHOES, "]d2"),
        (MILK, "]d2"),
        (MILK, "]C1"),
    ]
    assert {reading.notes for reading in readings} == {(Note.UNGLUED,)}
    assert not any(reading.spoilt for reading in readings)


def test_codes_glued_without_aim_ids_are_never_taken_for_one() -> None:
    _, _, notes = one(Framing(), MILK + SHOES + b"\r")
    assert notes == (Note.GLUED,)
    assert Cutter(Framing()).feed(MILK + MILK + b"\r")[0].spoilt


@given(serial=st.text("0123456789", min_size=1, max_size=20))
def test_digits_of_a_serial_number_are_no_second_code(serial: str) -> None:
    """A head needs 18 digits and a right check digit; serial numbers have 20 at most, so it could only fill one."""
    code = b"0104600439931256" + b"21" + serial[:17].encode() + GS + b"93dGVz"
    assert not glued(code)


def test_what_is_longer_than_any_code_is_several() -> None:
    assert glued(b"a" * (LONGEST + 1))
    assert not glued(b"a" * LONGEST)


def test_garbage_without_end_is_given_up_at_the_cap_and_the_next_code_is_read() -> None:
    cutter = Cutter(Framing())
    for _ in range(20):
        assert cutter.feed(b"\xff" * 64) == []
    spoilt, good = cutter.feed(b"\xff\r" + MILK + b"\r")
    assert (spoilt.notes, spoilt.data, spoilt.spoilt) == ((Note.OVERLONG,), b"", True)
    assert good.data == MILK
    assert Cutter(Framing()).feed(b"7" * CAP + b"\r")[0].notes != (Note.OVERLONG,)


def test_silence_ends_a_code_where_the_scanner_sends_no_suffix() -> None:
    cutter = Cutter(Framing())
    assert cutter.patience is None
    cutter.feed(MILK)
    assert cutter.patience == Framing().gap
    assert [(reading.data, reading.notes) for reading in cutter.silence()] == [(MILK, (Note.NO_SUFFIX,))]
    assert cutter.silence() == []
    assert cutter.patience is None


def test_no_suffix_by_configuration_is_no_surprise() -> None:
    cutter = Cutter(Framing(suffix=b""))
    cutter.feed(MILK + b"\r")
    assert [(reading.data, reading.notes) for reading in cutter.silence()] == [(MILK, ())]


def test_a_scanner_known_to_send_a_suffix_is_waited_for_and_then_the_code_is_cut_off() -> None:
    """A pause between two packets must not make two codes of one."""
    cutter = Cutter(Framing())
    cutter.feed(MILK + b"\r" + SHOES[:64])
    assert cutter.patience == Framing().stall > Framing().gap
    (cut,) = cutter.silence()
    assert (cut.data, cut.notes, cut.spoilt) == (SHOES[:64], (Note.TRUNCATED,), True)
    assert Cutter(Framing(suffix=b"\r")).feed(SHOES[:64]) == []


def test_a_prefix_that_does_not_come_is_told() -> None:
    assert one(Framing(prefix=b"SC1:"), MILK + b"\r") == (MILK, None, (Note.NO_PREFIX,))


def test_a_reopened_line_forgets_what_had_begun() -> None:
    cutter = Cutter(Framing())
    cutter.feed(SHOES[:10])
    cutter.reset()
    assert [reading.data for reading in cutter.feed(MILK + b"\r")] == [MILK]


def test_nothing_is_no_reading() -> None:
    assert Cutter(Framing()).feed(b"\r\n\r\n\0\0\r") == []
    assert unframe(b"]d2\r", Framing()) is None


def test_an_aim_id_is_three_characters_at_the_very_start() -> None:
    assert split_aim(b"]d2" + MILK) == ("]d2", MILK)
    assert split_aim(b"]k9x") == ("]k9", b"x"), "an id this table does not list is an id"
    assert split_aim(MILK + b"]d2") == (None, MILK + b"]d2")
    assert split_aim(b"]]d2") == (None, b"]]d2")


def test_rows_of_iso_15424_that_marked_goods_and_their_packaging_bear() -> None:
    """GS1 General Specifications, table of symbology identifiers."""
    gs1 = {aim for aim, row in AIM.items() if row.gs1}
    assert {"]d2", "]C1", "]e0", "]Q3", "]J1"} <= gs1
    assert not {"]d1", "]C0", "]E0", "]E4", "]Q1"} & gs1
    assert {"]d1", "]C0", "]E0", "]E4", "]Q1"} <= set(AIM)


def test_every_note_has_advice_and_every_spoiling_one_says_scan_again() -> None:
    assert set(ADVICE) == set(Note)
    again = ("Отсканируйте", "Сфотографируйте", "Проверьте")
    assert all(any(word in ADVICE[note] for word in again) for note in SPOILING)
