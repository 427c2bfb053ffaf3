"""Every warning and every refusal about a marking code: stable code, English detail, Russian hint.

The details never quote the code: answers and logs may hold its КИ only.
"""

from __future__ import annotations

from typing import NamedTuple

from protocols.marking.code import CodeError, Warning_


class Notice(NamedTuple):
    """English detail for programmers, Russian hint for the person at the till."""

    detail: str
    hint: str


_LAYOUT_HINT = (
    "Сканер печатает в русской раскладке. Переключите раскладку на английскую (EN) и отсканируйте код ещё раз, "
    "а лучше переведите сканер в режим последовательного порта (COM)."
)
_SEPARATORS_HINT = (
    "Сканер не передаёт разделитель GS (символ 29). Включите в сканере передачу GS / FNC1 и отсканируйте код ещё раз."
)
_RESCAN_HINT = (
    "Код пришёл не целиком или с лишними знаками. Отсканируйте его ещё раз. Если так на всех товарах, проверьте "
    "настройки сканера или программы; если только на этом, код на упаковке повреждён: возьмите другой экземпляр товара."
)

#: What was repaired: the repair is provable, its cause should be mended all the same.
REPAIRS: dict[str, Notice] = {
    "marking_code_layout": Notice("typed in the Russian keyboard layout; translated back", _LAYOUT_HINT),
    "marking_code_caps_lock": Notice(
        "typed with Caps Lock on, as its AIM id or the price of its pack shows; case swapped back",
        "Выключите Caps Lock: он меняет регистр букв кода.",
    ),
    "marking_code_separator_spelled": Notice(
        "separators came spelled out, not as the byte 0x1D; replaced",
        "Сканер или программа передаёт разделитель GS другими символами. Настройте передачу GS как символа 29.",
    ),
    "marking_code_separators_extra": Notice(
        "separators stood twice, behind the GTIN or at the end, where the code may have been cut off; taken out",
        "В коде лишние разделители GS, или его конец потерян. Отсканируйте код ещё раз; если это повторяется, "
        "отключите в сканере лишний GS.",
    ),
    "marking_code_separators_restored": Notice(
        "separators were lost; exactly one place fits each of them, put back", _SEPARATORS_HINT
    ),
    "marking_code_leading_zero": Notice(
        "the leading zero was lost; put back",
        "Программа приняла код за число и потеряла ноль в начале. Передавайте код как текст.",
    ),
    "marking_code_prefix": Notice(
        "characters in front of the code were taken off",
        "Сканер добавляет символы перед кодом. Уберите префикс в настройках сканера.",
    ),
    "marking_code_suffix": Notice(
        "characters behind the code were taken off",
        "Сканер добавляет символы после кода. Оставьте в настройках сканера только суффикс CR (Enter).",
    ),
    "marking_code_escapes": Notice(
        "came with escape sequences; undone",
        "Программа экранирует код дважды. Передавайте код как есть, разделитель GS одним символом 29.",
    ),
    "marking_code_encoding": Notice(
        "came in Base64, hexadecimal digits, percent escapes or UTF-16; decoded",
        "Код передан закодированным (Base64, hex, URL, UTF-16). Передавайте Base64 в поле code_base64, "
        "а в поле code сам код.",
    ),
    "marking_code_brackets": Notice(
        "came with its identifiers in brackets; rewritten with separators",
        "Код передан в печатном виде со скобками (01)…(21)…. Передавайте то, что прочитал сканер.",
    ),
    "marking_code_plus": Notice(
        "plus signs had become spaces, as in web forms; put back",
        "Программа передаёт код как поле веб-формы и теряет знаки «+». Кодируйте поле (encodeURIComponent).",
    ),
    "marking_code_blanks": Notice(
        "blanks stood within the code; taken out",
        "В коде были пробелы: так его пишут для чтения глазами. Передавайте то, что прочитал сканер.",
    ),
    "marking_code_kiz": Notice(
        "a КИЗ with other dashes, small or Cyrillic letters; written as on the label",
        "КиЗ набран не так, как напечатан: проверьте буквы. Пишите его латиницей, заглавными, через дефис.",
    ),
}

#: What is odd about a code that is usable all the same.
ODDITIES: dict[str, Notice] = {
    "marking_code_gtin": Notice(
        "the GTIN has a wrong check digit",
        "В коде товара (GTIN) неверная контрольная цифра. Подлинность решит проверка в «Честном знаке».",
    ),
    "marking_code_no_tail": Notice(
        "no cryptographic tail: an identification code (КИ), which the drive and the marking system cannot verify",
        "В коде нет криптохвоста, проверить его нельзя. Отсканируйте сам DataMatrix с упаковки.",
    ),
    "marking_code_tail": Notice(
        "the cryptographic tail has an unusual length",
        "У криптохвоста кода необычная длина: возможно, код считан не полностью. Отсканируйте ещё раз.",
    ),
    "marking_code_element": Notice(
        "an element that labels of marked goods do not have, or not there",
        "В коде есть необычные данные: возможно, при чтении потерян символ. Отсканируйте код ещё раз.",
    ),
    "marking_code_serial": Notice(
        "no product group prints a serial number of this length in such a code",
        "У серийного номера кода необычная длина: возможно, символ потерян или лишний. Отсканируйте код ещё раз.",
    ),
    "marking_code_pack": Notice(
        "a pack by its length, but not by its price or end: Caps Lock, two scans in one, a lost front, other data",
        "По длине это код пачки, но цена (МРЦ) или конец кода неправдоподобны. Выключите Caps Lock, проверьте, что код "
        "передаётся целиком и один, и отсканируйте его ещё раз.",
    ),
    "marking_code_pack_short": Notice(
        "a pack of 25 characters, without a check code: an older one, or one of 29 that lost its end",
        "В коде пачки 25 знаков: так маркировали раньше. Если на самой пачке код длиннее, отсканируйте его ещё раз.",
    ),
    "marking_code_date": Notice(
        "a date that does not exist",
        "В коде несуществующая дата: возможно, при чтении изменён символ. Отсканируйте код ещё раз.",
    ),
    "marking_code_case": Notice(
        "the code of a case or pallet, not of a unit; it is not sold in a receipt",
        "Это код короба или палеты. Отсканируйте код на самой единице товара.",
    ),
    "marking_code_elements": Notice("what follows the identification code is no GS1 element string", _RESCAN_HINT),
    "marking_code_plain_symbol": Notice(
        "the symbol has no FNC1 in front, so it is no GS1 DataMatrix although its data are GS1",
        "Код напечатан не как GS1 DataMatrix. Касса его примет, но сообщите поставщику об ошибке печати.",
    ),
    "marking_code_unknown": Notice(
        "no known kind of marking code",
        "Это не похоже на код маркировки. Отсканируйте квадратный код DataMatrix с упаковки, целиком и один.",
    ),
    "marking_code_pack_damaged": Notice(
        "like a pack, but with characters lost, added or changed: a pack has 29, the first 14 a GTIN",
        "Похоже на код пачки табака, но в нём не хватает знаков, есть лишние или неверен GTIN. Отсканируйте DataMatrix "
        "с пачки ещё раз.",
    ),
    "marking_code_spreadsheet": Notice(
        "a number as spreadsheets write it, no code",
        "Excel превратил код в число, и знаки потеряны. Задайте столбцу формат «Текст» и вставьте код заново.",
    ),
    "marking_code_link": Notice(
        "a link (GS1 Digital Link or another QR code), no marking code",
        "Это ссылка из QR-кода, а не код маркировки. Отсканируйте квадратный код DataMatrix.",
    ),
    "marking_code_fuel": Notice(
        "a customs number of fuel, no marking code",
        "Это код топлива по ТН ВЭД, а не код маркировки.",
    ),
    "marking_code_check_digit": Notice(
        "a bar code with a wrong check digit",
        "В штрихкоде неверная контрольная цифра. Отсканируйте его ещё раз.",
    ),
    "marking_code_bar_code": Notice(
        "a plain bar code names a kind of goods, not one unit: it is no marking code",
        "Это обычный штрихкод, а не код маркировки. Для маркированного товара отсканируйте DataMatrix.",
    ),
}

REFUSALS: dict[str, Notice] = {
    "marking_code_length": Notice(
        "a marking code has 1 to 256 characters (tag 2000)",
        "Код пуст или слишком длинный. Отсканируйте один код за раз.",
    ),
    "marking_code_characters": Notice(
        "characters that no marking code has: another encoding or keyboard layout, or a program's own",
        "В коде символы, которых в нём не бывает: сбилась кодировка или раскладка, либо программа меняет код. "
        "Передавайте байты сканера как есть (UTF-8), включите английскую раскладку (EN) и отсканируйте код ещё раз.",
    ),
    "marking_code_serial_number": Notice(
        "the serial number is empty or longer than 20 characters",
        "Серийный номер в коде пуст или длиннее 20 знаков: код прочитан не целиком или с лишними знаками. Отсканируйте "
        "его ещё раз.",
    ),
    "marking_code_layout_mixed": Notice(
        "Latin and Cyrillic letters together: the keyboard layout changed midway",
        "Раскладка переключилась во время сканирования. Включите английскую (EN) и отсканируйте код ещё раз.",
    ),
    "marking_code_layout_unproven": Notice(
        "typed in a Cyrillic keyboard layout, and translated back it is no whole marking code", _LAYOUT_HINT
    ),
    "marking_code_glued": Notice(
        "two or more scans in one",
        "Склеились два сканирования. Отсканируйте один код и настройте в сканере суффикс (Enter, CR).",
    ),
    "marking_code_separators_lost": Notice(
        "the GS separators are missing, and no single place fits them", _SEPARATORS_HINT
    ),
    "marking_code_ambiguous": Notice(
        "damaged or escaped, and it can be read in more than one way",
        "Код пришёл с потерями, и прочесть его можно по-разному. Отсканируйте код ещё раз. Если его передаёт "
        "программа, пусть передаёт текст как есть: с нулём в начале и разделителями GS.",
    ),
    "marking_code_not_sold": Notice(
        "the label of a case or pallet (SSCC), which no receipt sells",
        "Это код короба или палеты. Отсканируйте код на самой единице товара.",
    ),
    "marking_code_damaged": Notice("begins like a GS1 code and goes on like none", _RESCAN_HINT),
}

_WARNINGS = {
    code: Warning_(code=code, detail=notice.detail, hint=notice.hint) for code, notice in (REPAIRS | ODDITIES).items()
}


def warning(code: str) -> Warning_:
    """The warning of this code, from `REPAIRS` or `ODDITIES`."""
    return _WARNINGS[code]


def refusal(code: str, more: str = "") -> CodeError:
    """The error of this code, from `REFUSALS`; `more` goes behind its detail."""
    notice = REFUSALS[code]
    return CodeError(code, f"{notice.detail}{more}", notice.hint)
