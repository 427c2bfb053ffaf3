"""Golden receipts of each ФФД, and what must hold on any paper."""

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from receipts_made import CODE, a_correction, a_full_receipt, a_receipt, an_item

from protocols.ffd.documents import document_code, receipt_elements
from protocols.ffd.enums import CorrectionKind, FfdVersion, Operation, PaymentMethod, PaymentObject, Taxation, Vat
from protocols.ffd.receipt import Cashier, Correction, Customer, Marking, Payments, Receipt
from protocols.ffd.tlv import Element
from protocols.paper import text
from protocols.paper.fields import Fields
from protocols.paper.layout import Registration, lines, text_block
from protocols.paper.lines import Qr, Rule, Text
from protocols.paper.receipts import pictogram

V105, V11, V12 = FfdVersion.V1_05, FfdVersion.V1_1, FfdVersion.V1_2
SHOP = Registration(
    user_name='ООО "Ромашка"',
    inn="7734675810",
    address="г. Москва, ул. Складочная, д. 1",
    place="Магазин",
    serial="00106925180632",
    sender_email="ofd@example.ru",
)


def document(receipt: Receipt, ffd: FfdVersion, verdict: int | None = None, **kwargs: Any) -> Element:
    """As a drive holds it; `verdict` is 2106 of the items with a code."""
    header = (
        Element(1041, "9999078902006495"),
        Element(1037, "0000000000030024"),
        Element(1018, "7734675810"),
        Element(1040, 12),
        Element(1012, datetime(2026, 3, 1, 12, 33)),
        Element(1077, bytes.fromhex("31041f7d0f58")),
        Element(1038, 4),
        Element(1042, 3),
        Element(1209, ffd.code),
    )
    elements = [
        Element(e.tag, (*e.value, Element(2106, verdict)))
        if verdict is not None
        and e.tag == 1059
        and isinstance(e.value, tuple)
        and Fields(e.value).inside(1163).elements
        else e
        for e in receipt_elements(receipt, ffd, **kwargs)
    ]
    return Element(int(document_code(receipt)), (*header, *elements))


def printed(receipt: Receipt, ffd: FfdVersion, width: int = 48, verdict: int | None = None, **kwargs: Any) -> str:
    return text.render(lines(document(receipt, ffd, verdict), SHOP, **kwargs), width, qr=False)


CLOSING = a_receipt(
    an_item(
        name="Ботинки мужские зимние из натуральной кожи, чёрные",
        price=499000,
        quantity=Decimal(1),
        payment_object=PaymentObject.COMMODITY_WITH_MARKING,
        marking=Marking(code=CODE),
    ),
    an_item(name="Доставка", price=30000, quantity=Decimal(1), payment_object=PaymentObject.SERVICE, vat=Vat.NONE),
    payments=Payments(prepaid=300000, cash=229000, received=250000),
    cashier=Cashier(name="Иванова А. А.", inn="500100732259"),
    customer=Customer(email="buyer@example.ru"),
    taxation=Taxation.USN_INCOME,
)

GOLDEN_12 = """\
                 ООО "Ромашка"
        г. Москва, ул. Складочная, д. 1
                    Магазин

                  КАССОВЫЙ ЧЕК
                     ПРИХОД
------------------------------------------------
[M+] Ботинки мужские зимние из натуральной кожи,
чёрные
1 шт. x 4990.00                         =4990.00
ТМ                                 ПОЛНЫЙ РАСЧЕТ
НДС 22%                                   899.84
КТ: 0104600439931256215Pahn,cV.W?Pj
Доставка
1 шт. x 300.00                           =300.00
УСЛУГА                             ПОЛНЫЙ РАСЧЕТ
БЕЗ НДС
------------------------------------------------
ИТОГ                                    =5290.00
НАЛИЧНЫМИ                               =2290.00
  ПОЛУЧЕНО                              =2500.00
  СДАЧА                                  =210.00
ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)          =3000.00
СУММА БЕЗ НДС                             300.00
СУММА НДС 22%                             899.84
------------------------------------------------
ЭЛ. АДР. ПОКУПАТЕЛЯ             buyer@example.ru
------------------------------------------------
КАССИР                             Иванова А. А.
ИНН КАССИРА                         500100732259
СНО                                    УСН доход
СМЕНА: 4                                  ЧЕК: 3
ДАТА, ВРЕМЯ                     01.03.2026 12:33
ЗН ККТ                            00106925180632
РН ККТ                          0000000000030024
ИНН                                   7734675810
ФН                              9999078902006495
ФД: 12
ФП: 528289624
ФФД                                          1.2
САЙТ ФНС                            nalog.gov.ru
ЭЛ. АДР. ОТПРАВИТЕЛЯ              ofd@example.ru

"""

NARROW_105 = """\
         ООО "Ромашка"
г. Москва, ул. Складочная, д. 1
            Магазин

          КАССОВЫЙ ЧЕК
        ВОЗВРАТ ПРИХОДА
--------------------------------
[M] Ботинки мужские зимние из
натуральной кожи, чёрные
1 x 4990.00             =4990.00
ТОВАР              ПОЛНЫЙ РАСЧЕТ
НДС 22%                   899.84
Доставка
1 x 300.00               =300.00
УСЛУГА             ПОЛНЫЙ РАСЧЕТ
БЕЗ НДС
--------------------------------
ИТОГ                    =5290.00
НАЛИЧНЫМИ               =2290.00
  ПОЛУЧЕНО              =2500.00
  СДАЧА                  =210.00
ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)
                        =3000.00
СУММА БЕЗ НДС             300.00
СУММА НДС 22%             899.84
--------------------------------
ЭЛ. АДР. ПОКУПАТЕЛЯ
                buyer@example.ru
--------------------------------
КАССИР             Иванова А. А.
ИНН КАССИРА         500100732259
СНО                    УСН доход
СМЕНА: 4                  ЧЕК: 3
ДАТА, ВРЕМЯ     01.03.2026 12:33
ЗН ККТ            00106925180632
РН ККТ          0000000000030024
ИНН                   7734675810
ФН              9999078902006495
ФД: 12
ФП: 528289624
ФФД                         1.05
САЙТ ФНС            nalog.gov.ru
ЭЛ. АДР. ОТПРАВИТЕЛЯ
                  ofd@example.ru

"""

CORRECTION_11 = """\
                 ООО "Ромашка"
        г. Москва, ул. Складочная, д. 1
                    Магазин

             КАССОВЫЙ ЧЕК КОРРЕКЦИИ
                     ПРИХОД
            ОПЕРАЦИЯ ПО ПРЕДПИСАНИЮ
ДАТА КОРРЕКТИРУЕМОГО РАСЧЕТА          03.02.2026
НОМЕР ПРЕДПИСАНИЯ                           42-К
------------------------------------------------
Чай чёрный листовой
2 x 150.00                               =300.00
ТОВАР                              ПОЛНЫЙ РАСЧЕТ
НДС 22%                                    54.10
------------------------------------------------
ИТОГ                                     =300.00
БЕЗНАЛИЧНЫМИ                             =300.00
СУММА НДС 22%                              54.10
------------------------------------------------
ДОП. РЕКВИЗИТ ЧЕКА                    1234567890
------------------------------------------------
СНО                                          ОСН
СМЕНА: 4                                  ЧЕК: 3
ДАТА, ВРЕМЯ                     01.03.2026 12:33
ЗН ККТ                            00106925180632
РН ККТ                          0000000000030024
ИНН                                   7734675810
ФН                              9999078902006495
ФД: 12
ФП: 528289624
ФФД                                          1.1
САЙТ ФНС                            nalog.gov.ru
ЭЛ. АДР. ОТПРАВИТЕЛЯ              ofd@example.ru

"""


def test_a_closing_receipt_of_12() -> None:
    assert printed(CLOSING, V12, verdict=15, received=250000) == GOLDEN_12


def test_a_refund_of_105_on_narrow_paper() -> None:
    refund = replace(CLOSING, operation=Operation.SELL_REFUND)
    assert printed(refund, V105, 32, received=250000) == NARROW_105


def test_no_change_no_words_about_it() -> None:
    assert "СДАЧА" not in printed(CLOSING, V12, received=229000)
    assert "СДАЧА" not in printed(CLOSING, V12)


def test_a_correction_of_11() -> None:
    assert printed(a_correction(), V11) == CORRECTION_11


def test_a_correction_of_105_has_no_lines() -> None:
    described = Correction(kind=CorrectionKind.SELF, date=date(2026, 2, 3), description="Акт о сбое")
    paper = printed(a_correction(correction=described), V105)
    assert "САМОСТОЯТЕЛЬНАЯ ОПЕРАЦИЯ" in paper
    assert "ОСНОВАНИЕ                             Акт о сбое" in paper
    assert "Чай" not in paper
    assert "СУММА НДС 22%                              54.10" in paper


@pytest.mark.parametrize("ffd", FfdVersion)
@pytest.mark.parametrize("width", [24, 32, 36, 48, 64])
@pytest.mark.parametrize("make", [a_receipt, a_full_receipt, a_correction])
def test_fiscal_numbers_stand_alone_and_nothing_sticks_out(make: Any, ffd: FfdVersion, width: int) -> None:
    rows = text.render(lines(document(make(), ffd), SHOP), width).splitlines()
    assert max(map(len, rows)) <= width
    assert rows.count("ФД: 12") == 1
    assert rows.count("ФП: 528289624") == 1
    assert not any(row != row.rstrip() for row in rows)


def test_everything_a_buyer_may_read_is_there() -> None:
    paper = printed(a_full_receipt(), V12)
    for words in (
        "7.445 кг x 349.99                       =2605.68",
        "КОМИССИОНЕР",
        "ПОСТАВЩИК                          ООО Сыроварня",
        "ТЛФ. ПОСТ.                          +74950000001",
        "АДРЕС ПОКУПАТЕЛЯ                           Тверь",
        "Номер заказа                           151939ПРИ",
        "НОМЕР АВТОМАТА                                 7",
        "ДТ                       10702020/060520/0013422",
        "АКЦИЗ                                      12.00",
        "РАСЧЕТ В ИНТЕРНЕТ",
    ):
        assert f"{words}\n" in paper


@pytest.mark.parametrize(
    ("result", "mark"),
    # the table of 2106 and the mark on paper, two independent sources
    [
        (0, "[M]"),
        (1, "[M-]"),
        (3, "[M]"),
        (5, "[M-]"),
        (7, "[M-]"),
        (15, "[M+]"),
        (16, "[M]"),
        (17, "[M-]"),
        (19, "[M]"),
    ],
)
def test_pictograms(result: int, mark: str) -> None:
    assert pictogram(Fields((Element(1212, 33), Element(2106, result)))) == mark


def test_no_pictogram_without_a_code() -> None:
    assert pictogram(Fields((Element(1212, 32),))) == ""
    assert pictogram(Fields((Element(1212, 33),))) == "[M]"
    assert pictogram(Fields((Element(1212, 1),))) == ""


@pytest.mark.parametrize(
    ("kind", "mark"),
    # The types that FF67 answers (a vendor's protocol): Data Matrix, fur, ЕГАИС 2 and 3, unrecognised; EAN-8, EAN-13,
    # ITF-14; ten digits of ТН ВЭД.
    [
        *((kind, "[M]") for kind in ("444d", "5246", "c514", "c51e", "0000")),
        *((kind, "") for kind in ("4508", "450d", "490e", "4541")),
    ],
)
def test_before_ffd_1_2_what_is_marked_is_known_by_the_type_of_its_code(kind: str, mark: str) -> None:
    code = Element(1162, bytes.fromhex(kind) + b"abc")
    assert pictogram(Fields((Element(1212, 1), code))) == mark


def test_a_negative_result_is_said_aloud() -> None:
    whole = document(CLOSING, V12, 5)
    assert isinstance(whole.value, tuple)
    rows = text.render(lines(Element(3, (*whole.value, Element(2107, 1))), SHOP), qr=False)
    assert "[M-] Ботинки" in rows
    assert "ОТРИЦАТЕЛЬНЫЙ РЕЗУЛЬТАТ" in rows


def test_a_fraction_of_a_piece() -> None:
    part = an_item(quantity=Decimal(1), marking=Marking(code=CODE, numerator=1, denominator=3))
    assert "1/3 шт. x 150.00" in printed(a_receipt(part), V12)


@pytest.mark.parametrize("method", PaymentMethod)
@pytest.mark.parametrize("vat", Vat)
def test_every_method_and_rate_has_words(method: PaymentMethod, vat: Vat) -> None:
    paper = printed(a_receipt(an_item(payment_method=method, vat=vat)), V12)
    assert re.search(r"^ТОВАР +\S", paper, re.MULTILINE)
    assert re.search(r"^(НДС|БЕЗ НДС)", paper, re.MULTILINE)
    assert re.search(r"^СУММА (С |БЕЗ )?НДС", paper, re.MULTILINE)


@pytest.mark.parametrize("thing", PaymentObject)
def test_every_object_has_words(thing: PaymentObject) -> None:
    assert re.search(r"^\S.* ПОЛНЫЙ РАСЧЕТ$", printed(a_receipt(an_item(payment_object=thing)), V12), re.MULTILINE)


def test_a_draft_without_the_drives_header() -> None:
    draft = Element(3, receipt_elements(CLOSING, V12))
    paper = lines(draft)
    assert not any(isinstance(line, Qr) for line in paper)
    rows = text.render(paper)
    assert "ИТОГ" in rows
    assert "ФД:" not in rows
    assert "СМЕНА" not in rows


def test_the_qr_says_what_the_document_says() -> None:
    (qr,) = (line for line in lines(document(CLOSING, V12), SHOP) if isinstance(line, Qr))
    assert qr.data == "t=20260301T1233&s=5290.00&fn=9999078902006495&i=12&fp=528289624&n=1"


def test_unfiscal_text_keeps_its_spacing() -> None:
    assert text_block(["  Скидка   5 %", " "]) == (Text("  Скидка   5 %"), Rule(" "))
    paper = printed(a_receipt(), V12, header=["*** АКЦИЯ ***"], footer=["", "Спасибо!"])
    assert paper.startswith("*** АКЦИЯ ***\n")
    assert paper.endswith("\nСпасибо!\n")


def test_the_documents_own_words_win_over_the_registration() -> None:
    receipt = replace(a_receipt(), place="https://shop.example.ru", sender_email="own@example.ru")
    paper = printed(receipt, V12)
    assert "https://shop.example.ru" in paper
    assert "Магазин" not in paper
    assert "own@example.ru" in paper


def test_a_drive_number_that_no_drive_has_makes_no_qr_code() -> None:
    """Its text may be longer than any QR code."""
    good = document(a_receipt(), V12)
    assert isinstance(good.value, tuple)
    long = tuple(Element(1041, "9" * 8_000) if each.tag == 1041 else each for each in good.value)
    assert any(isinstance(line, Qr) for line in lines(good))
    assert not any(isinstance(line, Qr) for line in lines(Element(3, long)))
