"""The TLV codec: values, widths, limits and errors. Whole documents are in test_ffd_documents_of_others.py."""

import copy
import pickle
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from protocols.ffd.enums import Operation
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, TlvError, all_of, decode, encode, find


def one(tag, hexed):
    raw = bytes.fromhex(hexed)
    return tag.to_bytes(2, "little") + len(raw).to_bytes(2, "little") + raw


@pytest.mark.parametrize(
    ("tag", "hexed", "value"),
    [
        (1054, "01", 1),
        (1055, "20", 32),
        (1205, "00002000", 1 << 21),
        (1213, "9a01", 410),
        (1040, "0e0d0000", 3342),
        (1012, "2ce5805e", datetime(2020, 3, 29, 18, 13)),
        (1031, "00", 0),
        (1020, "280a", 2600),
        (1020, "ffffffffffff", (1 << 48) - 1),
        (1023, "039008", Decimal("2.192")),
        (1023, "0002", Decimal(2)),
        (1023, "03d007", Decimal("2.000")),
        (1023, "0000", Decimal(0)),
        (1009, "fc3134", "№14"),
        (1018, "343730353032313734342020", "4705021744"),
        (1230, "363433", "643"),
        (1077, "310431f4a494", bytes.fromhex("310431f4a494")),
        (1021, "", ""),
        (1192, "202041", "  A"),
        (1163, "", ()),
        (1163, "1905030030ff31", (Element(1305, "0\xa01"),)),
        (4242, "0102", b"\x01\x02"),
        (4242, "", b""),
    ],
)
def test_values(tag, hexed, value):
    data = one(tag, hexed)
    assert decode(data) == (Element(tag, value),)
    assert encode([Element(tag, value)]) == data


def test_quantities_keep_their_places():
    """Writers send 2 as `00 02` or as `03 D0 07`; both are 2, and each is written as it came."""
    short, long = decode(one(1023, "0002")), decode(one(1023, "03d007"))
    assert short == long
    assert str(short[0].value) == "2"
    assert str(long[0].value) == "2.000"


@pytest.mark.parametrize(
    ("tag", "hexed", "value"),
    [
        (1020, "280a0000000000", 2600),
        (1020, "0000000000000000", 0),
        (1020, "", 0),
        (1054, "", 0),
        (1054, "0100", 1),
        (1213, "9a010000", 410),
        (1038, "07", 7),
        (1205, "01", 1),
        (1023, "020a000000000000", Decimal("0.10")),
        (1023, "03", Decimal("0.000")),
        (1023, "", Decimal(0)),
        (1018, "34373035303231373434", "4705021744"),
        (1018, "3437303530323137343420202020", "4705021744"),
        (1018, "", ""),
        (1230, "3634332020", "643"),
    ],
)
def test_unusual_widths_survive(tag, hexed, value):
    """The value compares as usual, and the decoded element alone (copied, pickled) gives the same bytes again."""
    data = one(tag, hexed)
    elements = decode(data)
    assert elements == (Element(tag, value),)
    assert encode(elements, limits=False) == data
    assert encode(copy.deepcopy(elements), limits=False) == data
    assert encode(pickle.loads(pickle.dumps(elements)), limits=False) == data
    assert encode([Element(tag, value)], limits=False) != data


@pytest.mark.parametrize(
    ("tag", "hexed"),
    [
        (1012, "0102030405"),
        (1012, ""),
        (1082, b"+79991234567".hex()),
        (1115, b"www.nalog.ru".hex()),
        (1119, b"+79991234567".hex()),
        (1011, "010203040506070809"),
        (1121, "0102030405060708090a0b0c0d0e0f10"),
    ],
)
def test_what_does_not_fit_its_kind_stays_bytes(tag, hexed):
    """Among them numbers that meant something else in ФФД 1.0: 1082 and 1119 telephones, 1115 a site."""
    data = one(tag, hexed)
    assert decode(data) == (Element(tag, bytes.fromhex(hexed)),)
    assert encode(decode(data), limits=False) == data


def test_repeated_tags_keep_their_order():
    elements = (Element(T.PAYMENT_AGENT_PHONE, "+7 999 1"), Element(T.USER_INN, "4705021744"))
    elements += (Element(T.PAYMENT_AGENT_PHONE, "+7 999 2"),)
    again = decode(encode(elements))
    assert again == elements
    assert [element.value for element in all_of(again, T.PAYMENT_AGENT_PHONE)] == ["+7 999 1", "+7 999 2"]
    assert find(again, T.PAYMENT_AGENT_PHONE) == elements[0]
    assert find(again, T.CASHIER) is None


def test_int_enums_and_bools_are_ints():
    assert encode([Element(T.SETTLEMENT_SIGN, T.REGISTRATION_REPORT)]) == one(1054, "01")
    assert encode([Element(T.OFFLINE_MODE, value=True), Element(T.TOTAL_SUM, T.RECEIPT)]) == one(1002, "01") + one(
        1020, "03"
    )


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (Element(1054, 256), "1054"),
        (Element(1054, -1), "1054"),
        (Element(1213, 65536), "no int that fits"),
        (Element(1040, 1 << 32), "no int that fits"),
        (Element(1020, -1), "1020"),
        (Element(1020, 1 << 48), "at most 6"),
        (Element(1020, "1"), "is no int"),
        (Element(1020, Decimal(1)), "is no int"),
        (Element(1023, 1), "is no Decimal"),
        (Element(1023, Decimal(-1)), "1023"),
        (Element(1023, Decimal("NaN")), "1023"),
        (Element(1023, Decimal("1E-256")), "1023"),
        (Element(1030, 5), "is no str"),
        (Element(1030, "x" * 129), "129 bytes, at most 128"),
        (Element(1030, "«x»"), "1030"),
        (Element(1018, "1234567890123"), "13 bytes, must be 12"),
        (Element(1077, b"12345"), "5 bytes, must be 6"),
        (Element(1077, 5), "is no bytes"),
        (Element(1012, datetime(2020, 1, 1, tzinfo=UTC)), "is no naive datetime"),
        (Element(1012, datetime(2020, 1, 1, 0, 0, 0, 1)), "whole second"),
        (Element(1012, datetime(1969, 12, 31)), "1012"),
        (Element(1012, 5), "naive"),
        (Element(1059, 5), "tuple"),
        (Element(1059, tuple(Element(1191, "x" * 60) for _ in range(17))), "1088 bytes, at most 1024"),
        (Element(4242, 5), "unknown tag"),
        (Element(4242, bytes(65536)), "65536 bytes"),
        (Element(3, tuple(Element(1059, (Element(1030, "x" * 100),)) for _ in range(320))), "at most 32768"),
    ],
)
def test_encode_refuses(element, message):
    with pytest.raises(TlvError, match=message) as caught:
        encode([element])
    assert caught.value.tag == element.tag
    assert caught.value.offset is None


def test_a_json_word_is_no_number():
    with pytest.raises(TlvError, match="1054"):
        encode([Element(T.SETTLEMENT_SIGN, Operation.SELL)])


def test_the_innermost_tag_is_named():
    with pytest.raises(TlvError, match=r"tag 1030 \(item_name\)"):
        encode([Element(3, (Element(1059, (Element(1030, "x" * 200),)),))])


def test_limits_can_be_left_aside():
    long = [Element(1030, "x" * 200), Element(1018, "1" * 14), Element(1020, 1 << 60)]
    assert decode(encode(long, limits=False)) == tuple(long)


@pytest.mark.parametrize(
    ("hexed", "tag", "offset"),
    [
        ("0e", None, 0),
        ("0e0401", None, 0),
        ("0e0402", None, 0),
        ("0e040200", 1038, 0),
        ("1e040100010e0404000100", 1038, 5),
        ("230406001e0401", 1059, 0),
        ("2304060036040200", 1059, 0),
        ("230405001e0401000123040500060402004142", 1030, 13),
        ("230402000604", 1059, 4),
    ],
)
def test_bytes_that_are_no_tlv(hexed, tag, offset):
    with pytest.raises(TlvError) as caught:
        decode(bytes.fromhex(hexed))
    assert (caught.value.tag, caught.value.offset) == (tag, offset)


def test_hostile_nesting_is_refused():
    data = b""
    for _ in range(5000):
        data = (1059).to_bytes(2, "little") + len(data).to_bytes(2, "little") + data
    with pytest.raises(TlvError, match="too deep"):
        decode(data)
