"""What the person at the till does about a fault of a receipt, by its code, where the fault itself knows no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from protocols.ffd.faults import Fault

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "items_empty": "Добавьте хотя бы один товар.",
        "money_negative": "Сумма не может быть отрицательной. Для возврата пробейте чек возврата.",
        "money_too_big": "Сумма слишком велика: проверьте цену и количество.",
        "quantity_out_of_range": "Исправьте количество: больше нуля, не более 6 знаков после запятой.",
        "marking_code_missing": "Отсканируйте код маркировки товара (DataMatrix).",
        "marking_code_unexpected": (
            "У этого предмета расчёта кода маркировки не бывает: уберите код или исправьте предмет расчёта."
        ),
        "marking_before_handover": (
            "В предоплате, авансе и оплате кредита код маркировки не указывают: он нужен в чеке при выдаче товара."
        ),
        "marking_quantity": "Один код — одна штука: пробейте каждую штуку отдельной строкой со своим кодом.",
        "marking_code_cut": (
            "Код считан не полностью: в нём нет криптохвоста, и серийный номер необычной длины. Отсканируйте "
            "DataMatrix с упаковки целиком."
        ),
        "fraction_not_in_ffd": (
            "Касса с ФФД 1.05 или 1.1 не может записать в чек долю упаковки. Продайте упаковку целиком или пробейте "
            "чек на кассе с ФФД 1.2."
        ),
        "fraction_quantity": "При продаже части упаковки количество должно быть 1, мера — штука.",
        "too_many_codes": "В чеке слишком много кодов маркировки: разделите чек.",
        "item_sum_mismatch": "Сумма позиции не равна цене, умноженной на количество. Скидку включите в цену.",
        "payment_exceeds_total": "Оплата больше суммы чека: исправьте её. Полученные наличные указывают отдельно.",
        "payments_short": "Оплачено меньше суммы чека: исправьте оплату.",
        "received_too_small": "Получено наличными меньше, чем к оплате: проверьте полученную сумму.",
        "cashless_sum_mismatch": "Сведения о безналичных оплатах не сходятся с суммой безналичными: исправьте их.",
        "supplier_inn_missing": "Укажите ИНН поставщика; если его нет, двенадцать нулей.",
        "document_too_large": "Чек слишком большой для накопителя: разделите его на несколько.",
        "tag_missing": "Не хватает обязательного реквизита чека: обратитесь к авторам программы.",
        "tag_forbidden": "Реквизит в таком чеке не допускается: уберите его.",
        "tag_repeated": "Реквизит указан дважды: оставьте один.",
        "tag_value": "Значение реквизита недопустимо: исправьте его.",
        "tag_too_long": "Сократите текст реквизита.",
    }
)


def hinted(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Each with its own hint, else that of its code."""
    for fault in faults:
        yield fault if fault.hint else replace(fault, hint=HINTS.get(fault.code, ""))
