"""Targets of ФФД: TLV, values, texts, whole documents on paper."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import captures
from receipts_made import a_correction, a_full_receipt, a_receipt

from fuzzing.target import Refused, Target
from protocols.ffd import checks, compare, qr, sign, tlv, tree, values
from protocols.ffd.characters import CODINGS, fit, fits
from protocols.ffd.documents import receipt_elements
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, TlvError
from protocols.fn import container
from protocols.paper import fields, layout, picture, receipts, reports, rows, text
from protocols.paper.fields import Fields

#: Elements looked up one by one: each look-up walks the level, and the harness itself must stay linear.
LOOKED_AT = 12
RECEIPT = a_full_receipt()
MADE = (RECEIPT, a_receipt(), a_correction())
BODIES = tuple(
    tlv.encode(receipt_elements(made, ffd, correction_items=True), limits=False) for made in MADE for ffd in FfdVersion
)
CONTAINERS = (
    captures.CONTAINER_REGISTRATION,
    captures.ACK_CODE_14,
    captures.ACK_MOCK,
    captures.SESSION_REREGISTRATION[30:],
    captures.STORED_RECEIPT_10,
)


def words(data: bytes) -> str:
    """Any bytes as text; what is no UTF-8 becomes lone surrogates, which callers can send too."""
    return data.decode("utf-8", "surrogateescape")


def documents() -> Iterable[bytes]:
    """Documents with their outer tag."""
    for data in CONTAINERS:
        yield container.parse(data, stored=True).tlv
    for body in BODIES:
        yield tlv.encode((Element(3, tlv.decode(body)),), limits=False)
    yield tlv.encode((Element(1, tlv.decode(captures.BODY_REGISTRATION_105)),), limits=False)


def one_document(data: bytes) -> Element:
    """The bytes as one outer tag; Refused when they are none, so that nothing later can hide behind a TlvError."""
    try:
        (document,) = tlv.decode(data)
    except ValueError as error:
        raise Refused(str(error)) from error
    return document


# --- TLV


def _decode_tlv(data: bytes) -> tuple[Element, ...]:
    elements = tlv.decode(data)
    for element in elements[:LOOKED_AT]:
        assert tlv.find(elements, element.tag) in tuple(tlv.all_of(elements, element.tag))
        compare.shown(element.value)
    json.dumps(tree.to_json(elements), ensure_ascii=False).encode("utf-8")
    json.dumps(tree.document_to_json(1, 3, elements))
    return elements


def _rewrite(elements: tuple[Element, ...]) -> bytes:
    return tlv.encode(elements, limits=False)


_PARSERS: tuple[tuple[Any, Any], ...] = (
    (values.parse_vln, values.build_vln),
    (values.parse_wide, values.build_wide),
    (values.parse_fvln, values.build_fvln),
    (
        lambda data: values.parse_time(int.from_bytes(data[:4], "little")),
        lambda at: values.build_time(at).to_bytes(4, "little"),
    ),
)


def _decode_value(data: bytes) -> tuple[int, int | Decimal | datetime]:
    which = data[0] % len(_PARSERS) if data else 0
    value = _PARSERS[which][0](data[1:])
    assert _PARSERS[which][0](_PARSERS[which][1](value)) == value
    if which < 3:
        assert _PARSERS[which][1](value) == data[1:]
    return which, value


def _decode_sign(data: bytes) -> int:
    value = sign.fiscal_sign(data)
    assert sign.fiscal_sign(sign.sign_bytes(value, DocumentCode.RECEIPT)) == value
    return value


# --- texts


def _decode_checks(data: bytes) -> None:
    given = words(data)
    first, _, second = given.partition("\n")
    for found in (
        checks.inn_fault(given),
        checks.inn_fault(given, may_be_absent=True),
        checks.registration_number_fault(given),
        checks.registration_number_fault(first, second, second[::-1]),
        checks.registration_number_fault("0000000001000000", second, first),
        checks.drive_number_fault(given),
        checks.email_fault(given),
        checks.phone_fault(given),
        checks.contact_fault(given),
    ):
        assert found is None or found
    checks.is_test_drive(given)
    assert checks.inn_of_field(checks.inn_of_field(given)) == checks.inn_of_field(given)


def _decode_fit(data: bytes) -> None:
    fitted = fit(words(data))
    for coding in CODINGS:
        assert fitted.text.encode(coding).decode(coding) == fitted.text
    assert fits(fitted.text)
    again = fit(fitted.text)
    assert (again.text, again.replaced, again.refused) == (fitted.text, (), ())


# --- whole documents


def _decode_document(data: bytes) -> None:
    document = one_document(data)
    inside = document.value if isinstance(document.value, tuple) else ()
    for ffd in FfdVersion:
        for code in DocumentCode:
            validate(code, ffd, inside)
        validate(DocumentCode.RECEIPT, ffd, inside, complete=False)
        for made in MADE:
            for deviation in compare.differences(made, ffd, inside):
                str(deviation)
            compare.same_document(made, ffd, inside)
            compare.spoilt_document(made, ffd, inside)
            compare.same_document(made, ffd, inside, DocumentCode.RECEIPT)
            compare.spoilt_document(made, ffd, inside, DocumentCode.RECEIPT)


def _decode_paper(data: bytes) -> None:
    document = one_document(data)
    seen = Fields(document.value)
    for element in seen.elements[:LOOKED_AT]:
        tuple(seen.texts(element.tag))
        seen.number(element.tag), seen.moment(element.tag), seen.quantity(element.tag), seen.raw(element.tag)
        tuple(fields.bits(seen.number(element.tag)))
        seen.text(element.tag), tuple(seen.each(element.tag)), receipts.pictogram(seen.inside(element.tag))
    printed = layout.lines(document, header=("Добро пожаловать",), footer=("Спасибо",), received=10**6)
    tuple(receipts.receipt(seen, None))
    tuple(reports.report(int(document.tag), seen))
    for width in (24, 48):
        for row in rows.rows(printed, width):
            assert not isinstance(row, rows.Row) or len(row.text) <= width, row
        paper = text.render(printed, width, emulated=True)
        assert all(len(line) <= width for line in paper.split("\n"))


def _decode_wrapping(data: bytes) -> None:
    given = words(data)
    left, _, right = given.partition("|")
    for width in (1, 2, 24, 48):
        assert all(len(part) <= width for part in rows.wrapped(given, width))
        assert all(len(part) <= width for part in rows.paired(left, right, width))
    layout.text_block(given.split("|"))


def _decode_picture(data: bytes) -> None:
    png = picture.render(layout.lines(one_document(data)), emulated=bool(len(data) % 2))
    assert png.startswith(b"\x89PNG")


TARGETS = (
    Target(
        "tlv",
        _decode_tlv,
        (
            tlv.decode,
            tlv.encode,
            tlv.find,
            tlv.all_of,
            tree.to_json,
            tree.document_to_json,
            compare.shown,
        ),
        (TlvError,),
        _rewrite,
        exact=True,
        seeds=lambda: (*BODIES, captures.BODY_REGISTRATION_105, *documents()),
    ),
    Target(
        "values",
        _decode_value,
        (values.parse_vln, values.parse_wide, values.parse_fvln, values.parse_time),
        (ValueError,),
        seeds=lambda: (b"\0\x10\x27", b"\1\x10\0\0", b"\2\3\xe8\3", b"\3\1\2\3\4"),
        max_len=16,
    ),
    Target(
        "fiscal_sign", _decode_sign, (sign.fiscal_sign,), (ValueError,), seeds=lambda: (b"\x31\x04abcd",), max_len=8
    ),
    Target(
        "qr",
        lambda data: qr.parse_qr(words(data)),
        (qr.parse_qr,),
        (ValueError,),
        lambda value: str(value).encode(),
        seeds=lambda: (
            b"t=20240917T1801&s=1285.21&fn=7384440800002842&i=30526&fp=1168453787&n=1",
            b"t=20240917T180159&s=0.5&fn=9999078900005488&i=0001&fp=0000000007&n=4",
        ),
        max_len=256,
    ),
    Target(
        "dates",
        lambda data: checks.parse_date_text(words(data)),
        (checks.parse_date_text,),
        (ValueError,),
        lambda day: checks.date_text(day).encode(),
        exact=True,
        seeds=lambda: (b"07.05.1980", b"29.02.2024"),
        max_len=16,
    ),
    Target(
        "checks",
        _decode_checks,
        (
            checks.inn_fault,
            checks.inn_of_field,
            checks.registration_number_fault,
            checks.drive_number_fault,
            checks.is_test_drive,
            checks.email_fault,
            checks.phone_fault,
            checks.contact_fault,
        ),
        seeds=lambda: (
            b"500100732259",
            b"007707083893",
            b"0000000001000000\n7707083893",
            b"buyer@example.ru",
            b"+7 (900) 111-22-33",
            b"9999078900005488",
        ),
        max_len=256,
    ),
    Target(
        "characters",
        _decode_fit,
        (fit, fits),
        seeds=lambda: ("«Ёлка» – 5 ₽ №1… é ﬁ ㎏ 中 😀 i\u0306".encode(), b"plain"),
        max_len=512,
    ),
    Target(
        "document",
        _decode_document,
        (validate, compare.differences, compare.same_document, compare.spoilt_document),
        (Refused,),
        seeds=documents,
    ),
    Target(
        "paper",
        _decode_paper,
        (
            layout.lines,
            receipts.receipt,
            receipts.pictogram,
            reports.report,
            rows.rows,
            text.render,
            fields.bits,
        ),
        (Refused,),
        seeds=documents,
    ),
    Target(
        "wrapping",
        _decode_wrapping,
        (rows.wrapped, rows.paired, layout.text_block),
        seeds=lambda: ("Чай чёрный листовой, 100 г|=350.00".encode(), b"a-b-c|" + b"x" * 60, b"\n\n|\n"),
        max_len=512,
    ),
    Target("picture", _decode_picture, (picture.render,), (Refused,), seeds=documents, slow=True),
)
