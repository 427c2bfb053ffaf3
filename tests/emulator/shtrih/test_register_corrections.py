"""Corrections: FF35 / FF36 / FF4A in ФФД 1.05, 8Dh + 80h with items from 1.1 on (shtrih_m §4.3)."""

from __future__ import annotations

from datetime import datetime

import pytest
from shtrih_kit import ADMIN, NO_VAT, Bench, closing, flat, value

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import receipts as r

DAY = datetime(2026, 3, 1)
BASIS = Element(1174, (Element(1178, DAY), Element(1179, "12-3")))
SINCE_11 = pytest.mark.parametrize("ffd", [FfdVersion.V1_1, FfdVersion.V1_2])


def correction(total: int = 10000, **more) -> o.CorrectionV2:
    given = {"kind": 0, "operation": 1, "cash": total, "electronic": 0, "prepaid": 0, "postpaid": 0, "other": 0}
    given |= {"taxes": (0, 909, 0, 0, 0, 0), "taxation": 1} | more
    return o.CorrectionV2(ADMIN, total=total, **given)


def test_a_correction_of_105_has_sums_only():
    bench = Bench(FfdVersion.V1_05)
    bench.open_shift()
    bench.call(d.BeginCorrection(ADMIN))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0x14
    described = Element(1174, (Element(1177, "Не пробит чек"), *BASIS.value))
    bench.tag(described, Element(1021, "Иванова А. А."))
    reply = bench.call(correction(15000, kind=1, cash=5000, electronic=10000))
    assert (reply.receipt, reply.document) == (1, 3)
    assert bench.drive.document(3).code is DocumentCode.CORRECTION
    elements = bench.document()
    tags = flat(elements)
    assert (tags[1054], tags[1173], tags[1020], tags[1031], tags[1081]) == (1, 1, 15000, 5000, 10000)
    assert (tags[1174], tags[1103], tags[1021], tags[1055]) == (described.value, 909, "Иванова А. А.", 1)
    assert 1102 not in tags
    assert 1059 not in tags
    assert validate(DocumentCode.CORRECTION, FfdVersion.V1_05, elements) == []
    assert bench.money(241) == 5000


def test_the_first_correction_command_takes_the_total_as_cash():
    bench = Bench(FfdVersion.V1_05)
    bench.call(d.BeginCorrection(ADMIN))
    bench.tag(BASIS)
    reply = bench.call(o.MakeCorrection(ADMIN, 7000, 1))
    tags = flat(bench.document())
    assert (reply.document, tags[1020], tags[1031], tags[1173], tags[1021]) == (3, 7000, 7000, 0, "СИСТ. АДМИНИСТРАТОР")


def test_sums_of_a_correction_must_agree():
    bench = Bench(FfdVersion.V1_05)
    bench.open_shift()
    assert bench.refused(correction(10000, cash=9999)) == 0x33
    assert bench.refused(correction(operation=5)) == 0x33
    assert bench.refused(correction(operation=3)) == 0x46  # money out of an empty drawer
    assert bench.drive.last_document == 2


@SINCE_11
def test_since_11_the_old_commands_are_refused(ffd):
    bench = Bench(ffd)
    bench.open_shift()
    for request in (d.BeginCorrection(ADMIN), o.MakeCorrection(ADMIN, 100, 1), correction()):
        assert bench.refused(request) == 0x35


@SINCE_11
@pytest.mark.parametrize(("kind", "operation"), [(0, 1), (1, 3), (2, 2), (3, 4)])
def test_a_correction_receipt_has_items(ffd, kind, operation):
    bench = Bench(ffd)
    bench.receipt(50000)
    bench.call(r.OpenReceipt(ADMIN, kind | 0x80))
    assert bench.mode == 8 | kind << 4
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0x14
    bench.sell(10000, operation=operation, tax=NO_VAT)
    bench.tag(Element(1173, 1), BASIS, Element(1192, "1234567890"))
    bench.close(10000)
    assert bench.drive.document(4).code is DocumentCode.CORRECTION
    elements = bench.document()
    assert validate(DocumentCode.CORRECTION, ffd, elements) == []
    tags = flat(elements)
    assert (tags[1054], tags[1173], tags[1174], tags[1192]) == (operation, 1, BASIS.value, "1234567890")
    assert value(elements, 1059, 1043) == 10000


@SINCE_11
def test_a_correction_without_its_basis_is_refused(ffd):
    bench = Bench(ffd)
    bench.call(r.OpenReceipt(ADMIN, 0x80))
    bench.sell()
    assert bench.refused(closing(10000)) == 0x09
    bench.tag(Element(1174, (Element(1178, DAY),)))
    bench.close(10000)
    assert value(bench.document(), 1173) == 0


@SINCE_11
def test_without_strict_checks_a_correction_needs_no_basis(ffd):
    # javapos_shtrih's own sample prints one so; table 17 field 35 is the device's switch
    bench = Bench(ffd)
    bench.setting(17, 35, 0)
    bench.call(r.OpenReceipt(ADMIN, 0x80))
    bench.sell()
    bench.close(10000)
    assert bench.drive.document(3).code is DocumentCode.CORRECTION


def test_105_has_no_correction_receipt_with_items():
    assert Bench(FfdVersion.V1_05).refused(r.OpenReceipt(ADMIN, 0x80)) == 0x33
