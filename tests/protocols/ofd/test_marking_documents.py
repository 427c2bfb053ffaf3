"""Documents 81…84 byte for byte, and what is none of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, decode, encode
from protocols.ofd import marking as d
from protocols.ofd import session

AT = datetime(2020, 3, 29, 18, 13)  # 0x5E80E52C on a real document (fn_ofd_protocol 1)
CODE = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
REQUEST = d.CodeRequest(
    fn="9999078900001234", inn="7700000000", number=7, at=AT, code=CODE, planned=2, local=3, kind=5,
    measure=(Element(2108, 11), Element(1023, Decimal("0.5"))),
)  # fmt: skip
ANSWER = d.CodeAnswer(number=7, at=AT, result=15, status=1, kind=5, product="0104600000000015215ABcdEFgh1234", mode=0)
ITEM = (Element(1030, "Вода"), Element(2000, CODE.decode()), Element(2106, 15), Element(2110, 1))
TOLD = d.Notification(fn="9999078900001234", number=3, document=12, at=AT, items=(ITEM, ITEM), more=(Element(1054, 1),))
RECEIPT = d.NotificationReceipt(number=3, at=AT, result=0)
ALL = (
    (REQUEST, d.build_request, d.parse_request, 81),
    (TOLD, d.build_notification, d.parse_notification, 82),
    (ANSWER, d.build_answer, d.parse_answer, 83),
    (RECEIPT, d.build_receipt, d.parse_receipt, 84),
)


@pytest.mark.parametrize(("value", "build", "parse", "code"), ALL)
def test_written_and_read(value, build, parse, code):
    data = build(value)
    assert int.from_bytes(data[:2], "little") == code
    assert parse(data) == value
    for _, _, other, another in ALL:
        if another != code:
            with pytest.raises(d.MarkingMessageError, match=f"document {code} is no document {another}"):
                other(data)


def test_bytes_of_a_receipt():
    """1012, 2002, 2111, 2006: tags and lengths little-endian, moments as unixtime of the wall clock."""
    assert (
        d.build_receipt(RECEIPT).hex()
        == "54001a00" + "f40304002ce5805e" + "d207040003000000" + "3f08010000" + "d607010000"
    )


def test_the_code_keeps_its_separator():
    data = d.build_request(REQUEST)
    assert b"\xd0\x07\x26\x00" + CODE in data
    assert d.parse_request(data).code == CODE


@pytest.mark.parametrize("what", ["request", "answer", "receipt"])
def test_the_tables_know_every_tag(what: str):
    data, code = {
        "request": (d.build_request(REQUEST), DocumentCode.MARKING_REQUEST),
        "answer": (d.build_answer(ANSWER), DocumentCode.MARKING_ANSWER),
        "receipt": (d.build_receipt(RECEIPT), DocumentCode.MARKING_RECEIPT),
    }[what]
    assert validate(code, FfdVersion.V1_2, decode(data[4:])) == []


def test_what_is_missing_is_named():
    (outer,) = decode(d.build_request(REQUEST))
    assert isinstance(outer.value, tuple)
    for tag in (1041, 1018, 2001, 2114, 2000, 2003, 2004, 2100, 2102):
        less = encode((Element(81, tuple(each for each in outer.value if each.tag != tag)),))
        with pytest.raises(d.MarkingMessageError, match=f"tag {tag} is missing"):
            d.parse_request(less)


@pytest.mark.parametrize("data", [b"", b"\x51", b"\x51\x00\x00\x00", b"\x51\x00\x09\x00", b"\x51\x00\x00\x00" * 2])
def test_no_document(data: bytes):
    with pytest.raises(d.MarkingMessageError):
        d.parse_request(data)


def test_sizes_are_bounded():
    """81 ≤ 4096, 82 ≤ 32768, 83 and 84 ≤ 512 bytes (fn_ofd_protocol 3.2)."""
    long = replace(ANSWER, product="0" * 38)
    padded = d.build_answer(long)[4:] + b"\xff\xff\xb0\x01" + bytes(0x1B0)
    with pytest.raises(d.MarkingMessageError, match="512 at most"):
        d.parse_answer(b"\x53\x00" + len(padded).to_bytes(2, "little") + padded)


def test_the_session_bears_its_own_signature():
    data = session.build("9999078900001234", b"", session.MARKING_P_VERSION, marking=True)
    assert data[:8] == bytes.fromhex("dd80caa182a20001")
    (message,) = session.Parser().feed(data)
    assert isinstance(message, session.Message)
    assert message.header.signature == session.MARKING_SIGNATURE
