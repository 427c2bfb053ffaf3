"""Reports on paper."""

from datetime import datetime
from typing import Any

import pytest

from protocols.ffd.tlv import Element
from protocols.paper import text
from protocols.paper.layout import Registration, lines


def build(pairs: list[tuple[int, Any]]) -> tuple[Element, ...]:
    return tuple(Element(tag, build(value) if isinstance(value, list) else value) for tag, value in pairs)


HEADER: list[tuple[int, Any]] = [
    (1041, "9999078902006495"),
    (1037, "0000000000030024"),
    (1018, "7734675810"),
    (1040, 5),
    (1012, datetime(2026, 3, 1, 21, 0)),
    (1077, bytes.fromhex("21041f7d0f58")),
    (1048, "ООО Ромашка"),
]
SALES = [(1135, 2), (1201, 30000), (1136, 10000), (1138, 20000), (1218, 0), (1139, 5000)]


def printed(code: int, pairs: list[tuple[int, Any]], width: int = 48) -> str:
    document = Element(code, build([*HEADER, *pairs]))
    return text.render(lines(document, Registration(serial="00106925180632")), width)


SHIFT_CLOSE = """\
                  ООО Ромашка

             ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ
------------------------------------------------
РЕСУРС ФН МЕНЕЕ 30 ДНЕЙ
ЧЕКОВ ЗА СМЕНУ                                 2
ФД ЗА СМЕНУ                                    4
НЕПЕРЕДАННЫХ ФД                                3
ПЕРВЫЙ НЕПЕРЕДАННЫЙ ОТ          28.02.2026 10:15
------------------------------------------------
                  ИТОГИ СМЕНЫ
ЧЕКОВ ВСЕГО                                    3
ПРИХОД
  ЧЕКОВ                                        2
  ИТОГО                                  =300.00
  НАЛИЧНЫМИ                              =100.00
  БЕЗНАЛИЧНЫМИ                           =200.00
  НДС 20%                                 =50.00
ЧЕКИ КОРРЕКЦИИ
  ЧЕКОВ КОРРЕКЦИИ                              1
  КОРРЕКЦИЯ ПРИХОДА
    ЧЕКОВ                                      1
    ИТОГО                                  =1.00
------------------------------------------------
КАССИР                             Иванова А. А.
СМЕНА: 4
ДАТА, ВРЕМЯ                     01.03.2026 21:00
ЗН ККТ                            00106925180632
РН ККТ                          0000000000030024
ИНН                                   7734675810
ФН                              9999078902006495
ФД: 5
ФП: 528289624
ФФД                                          1.2
"""


def test_shift_close() -> None:
    corrections = [(1144, 1), (1145, [(1135, 1), (1201, 100)])]
    pairs: list[tuple[int, Any]] = [
        (1038, 4),
        (1021, "Иванова А. А."),
        (1111, 4),
        (1118, 2),
        (1097, 3),
        (1098, datetime(2026, 2, 28, 10, 15)),
        (1050, 1),
        (1051, 0),
        (1194, [(1134, 3), (1129, SALES), (1133, corrections)]),
        (1209, 4),
    ]
    assert printed(5, pairs) == SHIFT_CLOSE


REGISTRATION: list[tuple[int, Any]] = [
    (1013, "550101006105"),
    (1009, "195253, г. Санкт-Петербург"),
    (1187, "транспорт"),
    (1001, 1),
    (1002, 0),
    (1109, 1),
    (1062, 33),
    (1017, "7841465198"),
    (1046, "ООО ОФД"),
    (1117, "noreply@ofd.ru"),
    (1060, "www.nalog.ru"),
    (1188, "FA 01.05"),
    (1189, 2),
    (1209, 2),
    (1021, "Иванов И. И."),
]


def test_registration() -> None:
    paper = printed(1, REGISTRATION)
    for row in (
        "              ОТЧЕТ О РЕГИСТРАЦИИ",
        "ОФД                                      ООО ОФД",
        "ИНН ОФД                               7841465198",
        "СНО                                     ОСН, ПСН",
        "АВТОМАТИЧЕСКИЙ РЕЖИМ",
        "РАСЧЕТЫ ЗА УСЛУГИ",
        "ФФД ККТ                                     1.05",
        "ЗН ККТ                              550101006105",
        "САЙТ ФНС                            www.nalog.ru",
        "ФД: 5",
    ):
        assert f"{row}\n" in paper
    assert "АВТОНОМНЫЙ" not in paper


def test_reregistration_names_its_reasons() -> None:
    modern = printed(11, [*REGISTRATION, (1205, 0b1001), (1290, 1 << 8 | 1 << 6)])
    assert "  ЗАМЕНА ФН\n  ИЗМ. АДРЕСА И (ИЛИ) МЕСТА РАСЧЕТОВ\n" in modern
    assert "ПОДАКЦИЗНЫЕ ТОВАРЫ\nМАРКИРОВАННЫЕ ТОВАРЫ\n" in modern
    assert "  ЗАМЕНА ОФД\n" in printed(11, [*REGISTRATION, (1101, 2)])


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (2, "ОТЧЕТ ОБ ОТКРЫТИИ СМЕНЫ"),
        (21, "ОТЧЕТ О ТЕКУЩЕМ СОСТОЯНИИ РАСЧЕТОВ"),
        (6, "ОТЧЕТ О ЗАКРЫТИИ ФИСКАЛЬНОГО НАКОПИТЕЛЯ"),
        (7, "ПОДТВЕРЖДЕНИЕ ОПЕРАТОРА"),
        (99, "ДОКУМЕНТ 99"),
    ],
)
@pytest.mark.parametrize("width", [32, 48])
def test_every_document_has_a_title_and_its_numbers(code: int, title: str, width: int) -> None:
    rows = printed(code, [(1038, 4), (1157, [(1134, 3), (1129, SALES)]), (1209, 4)], width).splitlines()
    assert title in " ".join(row.strip() for row in rows)
    assert "ФД: 5" in rows
    assert "ФП: 528289624" in rows
    assert max(map(len, rows)) <= width


def test_state_of_settlements() -> None:
    paper = printed(21, [(1097, 2), (1116, 41), (1098, datetime(2026, 2, 28, 10, 15)), (1158, [(1129, SALES)])])
    assert "ПЕРВЫЙ НЕПЕРЕДАННЫЙ ФД                        41" in paper
    assert "ИТОГИ НЕПЕРЕДАННЫХ ФД" in paper


def test_odd_values_do_not_stop_the_paper() -> None:
    odd = [(1077, b"\x01"), (1038, b"?"), (1059, b"\x00"), (1054, 9), (1020, 5), (1194, b"")]
    document = Element(3, tuple(Element(tag, value) for tag, value in odd))
    paper = text.render(lines(document))
    assert "ИТОГ" in paper
    assert "ФП" not in paper
