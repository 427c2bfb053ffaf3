"""Documents that other people's registers, drives and OFDs made, with the values that other decoders found in them.

Each file in `data` names its source. The two documents at the end are restated from captures as single facts: tag,
value as it stands in the bytes, what it means (tieugene/kitpos, tests/samples.py: a test drive behind a Terminal-FA).
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from protocols.ffd.checks import inn_fault, registration_number_fault
from protocols.ffd.grammar import DOCUMENT
from protocols.ffd.numbers import T
from protocols.ffd.sign import fiscal_sign
from protocols.ffd.tlv import Element, all_of, decode, encode, find

FILES = sorted((Path(__file__).parent / "data").glob("*.json"))


def value_of(told):
    match told:
        case {"decimal": text}:
            return Decimal(text)
        case {"time": text}:
            return datetime.fromisoformat(text)
        case {"hex": text}:
            return bytes.fromhex(text)
        case [*children]:
            return tuple(Element(tag, value_of(value)) for tag, value in children)
        case _:
            return told


def load(path):
    told = json.loads(path.read_text(encoding="utf-8"))
    return bytes.fromhex("".join(told["hex"])), value_of(told["elements"]), told["within_limits"]


def test_the_documents_are_there():
    assert len(FILES) == 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_decodes_to_what_others_found_and_is_written_again(path):
    data, elements, within_limits = load(path)
    assert decode(data) == elements
    assert encode(decode(data), limits=within_limits) == data
    assert DOCUMENT.build(DOCUMENT.parse(data)) == data


@pytest.mark.parametrize("path", [path for path in FILES if load(path)[2]], ids=lambda path: path.stem)
def test_the_told_values_alone_make_the_same_bytes(path):
    """Nothing hides in the decoded elements: values typed in from the file give the bytes, but for unusual widths."""
    data, elements, _ = load(path)
    assert decode(encode(elements)) == decode(data)
    if path.stem.startswith("receipt_105"):
        assert len(encode(elements)) == len(data)


# Sums, sign and time of the tax service's own JSON for the three receipts.
FNS = {
    "receipt_105_17_items": (838116500, datetime(2020, 3, 29, 18, 13), 316500, 37388, 8380, 17),
    "receipt_105_2_items": (4146547960, datetime(2018, 10, 30, 8, 49), 15900, None, 1445, 2),
    "receipt_10": (2060427117, datetime(2018, 10, 31, 7, 50), 56300, 6536, 1224, 4),
}


@pytest.mark.parametrize("name", FNS)
def test_receipts_agree_with_the_answer_of_the_tax_service(name):
    sign, at, total, vat20, vat10, items = FNS[name]
    data, _, _ = load(Path(__file__).parent / "data" / f"{name}.json")
    (document,) = decode(data)
    assert isinstance(document.value, tuple)
    values = {element.tag: element.value for element in document.value}
    assert fiscal_sign(values[T.FISCAL_SIGN]) == sign
    assert values[T.DATE_TIME] == at
    assert values[T.TOTAL_SUM] == total
    assert (values.get(T.VAT20_SUM), values.get(T.VAT10_SUM)) == (vat20, vat10)
    lines = list(all_of(document.value, T.ITEM))
    assert len(lines) == items
    assert sum(find(line.value, T.ITEM_SUM).value for line in lines) == total
    assert inn_fault(values[T.USER_INN]) is None


REGISTRATION = [
    (1041, "39393939303738393032303036343935", "9999078902006495"),
    (1037, "3030303030303030303030333030323420202020", "0000000000030024"),
    (1018, "323332303131303333342020", "2320110334"),
    (1040, "01000000", 1),
    (1012, "6c47565f", datetime(2020, 9, 7, 14, 45)),
    (1077, "21046145824b", bytes.fromhex("21046145824b")),
    (1056, "00", 0),
    (1002, "00", 0),
    (1001, "01", 1),
    (1109, "01", 1),
    (1062, "01", 1),
    (1048, "92a5e1e2", "Тест"),
    (1009, "afaeac2e20fc3134", "пом. №14"),
    (1221, "01", 1),
    (1017, "373834313436353139382020", "7841465198"),
    (1046, "8e8e8e20228f859285902d9185908288912091afa5e6e2a5e5adaeabaea3a8a822", 'ООО "ПЕТЕР-СЕРВИС Спецтехнологии"'),
    (1060, "7777772e6e616c6f672e7275", "www.nalog.ru"),
    (1209, "02", 2),
    (1188, "46412030312e3035", "FA 01.05"),
    (1013, "353530313031303131303936", "550101011096"),
]
ITEM = [
    (1030, "93e1abe3a3a020afa0e1e1a0a6a8e0e1aaa8a520afa5e0a5a2aea7aaa8", "Услуга пассажирские перевозки"),
    (1079, "280a", 2600),
    (1023, "0001", Decimal(1)),
    (1043, "280a", 2600),
    (1199, "01", 1),
    (1214, "04", 4),
]
RECEIPT = [
    (1040, "0e0d0000", 3342),
    (1012, "fc79575f", datetime(2020, 9, 8, 12, 33)),
    (1077, "31041f7d0f58", bytes.fromhex("31041f7d0f58")),
    (1038, "07000000", 7),
    (1042, "c4000000", 196),
    (1054, "01", 1),
    (1020, "280a", 2600),
    (1036, "31", "1"),
    (1055, "01", 1),
    (1031, "00", 0),
    (1081, "280a", 2600),
    (1215, "00", 0),
    (1102, "b101", 433),
]


def raw(rows):
    parts = [(tag, bytes.fromhex(text)) for tag, text, _ in rows]
    return b"".join(tag.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data for tag, data in parts)


@pytest.mark.parametrize("rows", [REGISTRATION, ITEM, RECEIPT], ids=["registration", "item", "receipt"])
def test_facts_of_a_register(rows):
    assert decode(raw(rows)) == tuple(Element(tag, value) for tag, _, value in rows)
    assert encode(Element(tag, value) for tag, _, value in rows) == raw(rows)


def test_an_item_inside_its_receipt():
    tree = (Element(3, (Element(1020, 2600), Element(1059, tuple(Element(tag, value) for tag, _, value in ITEM)))),)
    assert encode(tree) == bytes.fromhex("03004700fc030200280a23043d00") + raw(ITEM)
    assert decode(encode(tree)) == tree


def test_the_registration_number_belongs_to_inn_and_serial_number():
    values = {tag: value for tag, _, value in REGISTRATION}
    assert registration_number_fault(values[1037], values[1018], values[1013]) is None


def test_vat_of_2026_in_its_own_structure():
    """22 % has no tag of its own: 1115 {1119 {1199 = 11, 1120}}; sums of a real receipt of October 2026 (FNS JSON)."""
    tree = (
        Element(T.RECEIPT_VAT_SUMS, (Element(T.RECEIPT_VAT_SUM_ENTRY, (Element(1199, 11), Element(1120, 14558))),)),
    )
    assert encode(tree) == bytes.fromhex("5b040f005f040b00af0401000b60040200de38")
    assert decode(encode(tree)) == tree
