"""Document 7: real answers of operators, and ours for every ФФД."""

from datetime import datetime

import captures
import pytest

from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, decode, encode, find
from protocols.fn.container import parse as parse_container
from protocols.ofd.confirmation import Confirmation, ConfirmationError, build, parse

AT = datetime(2026, 2, 3, 4, 5, 6)
ACCEPTED = Confirmation(
    ofd_inn="7709876545", fn="9999000000000001", number=12, at=AT, sign=bytes.fromhex("8206a1b2c3d4e5f6")
)


def test_real_answer_with_code_14_delivers() -> None:
    tlv = parse_container(captures.ACK_CODE_14).tlv
    confirmation = parse(tlv)
    assert confirmation == Confirmation(
        ofd_inn="7704211201",
        fn="9999078902013267",
        number=1,
        at=datetime(2024, 9, 15, 11, 46, 56),
        sign=bytes.fromhex("880686ce88300003"),
        code=14,
    )
    assert confirmation.delivered
    assert build(confirmation, FfdVersion.V1_05) == tlv


def test_software_ofd_without_sign() -> None:
    confirmation = parse(parse_container(captures.ACK_MOCK).tlv)
    assert (confirmation.sign, confirmation.code, confirmation.number) == (b"", 0, 1)


@pytest.mark.parametrize("ffd", FfdVersion)
@pytest.mark.parametrize("code", [0, 11, 14])
def test_round_trip(ffd: FfdVersion, code: int) -> None:
    asked = Confirmation(ofd_inn=ACCEPTED.ofd_inn, fn=ACCEPTED.fn, number=12, at=AT, sign=ACCEPTED.sign, code=code)
    read = parse(build(asked, ffd))
    assert read.code == code
    assert (read.fn, read.number, read.at, read.sign, read.ofd_inn) == (asked.fn, 12, AT, asked.sign, asked.ofd_inn)
    assert read.delivered is (code != 11)


def _tags(tlv: bytes) -> set[int]:
    return {element.tag for element in decode(tlv[4:])}


def test_1_05_says_it_with_1068_and_later_with_1206() -> None:
    failed = Confirmation(ofd_inn="7709876545", fn=ACCEPTED.fn, number=12, at=AT, sign=ACCEPTED.sign, code=14)
    assert _tags(build(failed, FfdVersion.V1_05)) == {1017, 1078, 1041, 1040, 1012, 1068}
    body = decode(build(failed, FfdVersion.V1_2)[4:])
    assert find(body, 1068) is None
    assert find(body, 1206) == Element(1206, 0x02)
    assert _tags(build(ACCEPTED, FfdVersion.V1_1)) == {1017, 1078, 1041, 1040, 1012}


def test_other_bits_of_the_operator_survive() -> None:
    asked = Confirmation(ofd_inn="7709876545", fn=ACCEPTED.fn, number=1, at=AT, sign=ACCEPTED.sign, message=0x0C)
    read = parse(build(asked, FfdVersion.V1_2))
    assert (read.message, read.code) == (0x0C, 0)


@pytest.mark.parametrize(
    "tlv",
    [
        b"",
        b"\x07\x00",
        encode((Element(3, (Element(1040, 1),)),)),
        encode((Element(7, (Element(1040, 1), Element(1041, "9999000000000001"))),)),
        encode((Element(7, ()), Element(7, ()))),
    ],
)
def test_what_is_no_confirmation_is_refused(tlv: bytes) -> None:
    with pytest.raises(ConfirmationError):
        parse(tlv)
