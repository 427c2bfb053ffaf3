"""Every fault of a body once: stable code, what it means (English), and the next step for the person at the till."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from protocols.ffd.faults import Fault
from protocols.ffd.hints import HINTS
from protocols.marking.notices import REFUSALS


class FaultCode(NamedTuple):
    """Meaning in English; `hint` (Russian) where the fault itself has no better one."""

    meaning: str
    hint: str


_AUTHORS = "обратитесь к авторам программы."
_SUMS = "Суммы в чеке не сходятся: пробейте чек заново; если повторится, " + _AUTHORS

FAULT_CODES: Final[Mapping[str, FaultCode]] = {
    # --- shape and spelling
    "required": FaultCode("the key must be there", "Программа не передала обязательное поле: заполните его."),
    "unknown_key": FaultCode(
        "the schema has no such key; spelling counts", "Программа передала поле, которого шлюз не знает: " + _AUTHORS
    ),
    "unknown_value": FaultCode(
        "the word is none of the enumeration", "Программа передала незнакомое значение: выберите другое или " + _AUTHORS
    ),
    "wrong_type": FaultCode("another JSON type is expected", "Программа передала поле в неверном виде: " + _AUTHORS),
    "list_empty": FaultCode("at least one entry is needed", "Список пуст: добавьте хотя бы одну запись."),
    "list_too_long": FaultCode("too many entries", "Слишком много записей: разделите документ на несколько."),
    "items_empty": FaultCode("a receipt has at least one item", HINTS["items_empty"]),
    "key_required": FaultCode(
        "`Idempotency-Key` or `id` must be given", "Программа не передала ключ документа: " + _AUTHORS
    ),
    "key_format": FaultCode(
        "1 to 128 characters of A-Z a-z 0-9 . _ : -",
        "В ключе документа недопустимые символы: нужны латинские буквы, цифры и . _ : -",
    ),
    "key_mismatch": FaultCode(
        "`Idempotency-Key` and `id` differ", "Программа передала два разных ключа документа: " + _AUTHORS
    ),
    "name_format": FaultCode(
        "1 to 64 characters of A-Z a-z 0-9 . _ : -", "Проверьте имя кассы или сканера: оно записано в настройках шлюза."
    ),
    "register_unknown": FaultCode(
        "no register of the configuration has this name", "Кассы с таким именем нет: проверьте имя в настройках."
    ),
    "unexpected_body": FaultCode("this call takes no body", "Программа передала лишние данные: " + _AUTHORS),
    "query_unknown": FaultCode("no such parameter", "В адресе запроса лишний параметр: " + _AUTHORS),
    "query_invalid": FaultCode(
        "the parameter's value cannot be used", "Исправьте значение параметра в адресе запроса."
    ),
    # --- one value
    "money_format": FaultCode("money is a decimal string or a JSON number", "Исправьте сумму: рубли и копейки числом."),
    "money_negative": FaultCode("money is never negative", HINTS["money_negative"]),
    "money_decimals": FaultCode(
        "more than two decimal places, often the trace of a float (0.1 + 0.2)",
        "Округлите сумму до копеек: больше двух знаков после запятой не бывает.",
    ),
    "money_too_big": FaultCode("the sum does not fit a fiscal document", HINTS["money_too_big"]),
    "quantity_format": FaultCode("a quantity is a number or a decimal string", "Исправьте количество: нужно число."),
    "quantity_not_positive": FaultCode("a quantity is greater than zero", "Укажите количество больше нуля."),
    "quantity_decimals": FaultCode(
        "more than six decimal places", "Округлите количество: не больше шести знаков после запятой."
    ),
    "quantity_too_big": FaultCode("more than 99 999 999", "Количество слишком велико: проверьте его."),
    "quantity_out_of_range": FaultCode(
        "not above zero, or with more than six decimal places", HINTS["quantity_out_of_range"]
    ),
    "text_empty": FaultCode("the text is empty", "Заполните текст или уберите поле."),
    "text_too_long": FaultCode(
        "longer than the tag allows, counted after character replacement",
        "Сократите текст: в реквизит он не помещается.",
    ),
    "character_refused": FaultCode(
        "a register cannot print the character and nothing similar exists",
        "Уберите из текста символы, которых нет в кассе (эмодзи, иероглифы).",
    ),
    "inn_invalid": FaultCode("the INN's check digits do not fit", "Проверьте ИНН: в нём ошибка или не хватает цифр."),
    "email_format": FaultCode("not an e-mail address", "Исправьте адрес электронной почты."),
    "phone_format": FaultCode("not a phone number", "Исправьте номер телефона: +7 и десять цифр."),
    "date_format": FaultCode("not a date, or a moment without its zone", "Исправьте дату."),
    "date_in_future": FaultCode("the date lies in the future", "Исправьте дату: она ещё не наступила."),
    "digits_format": FaultCode("so many digits are expected", "Исправьте код: в нём только цифры, и число их задано."),
    "out_of_range": FaultCode("outside the allowed range", "Исправьте число: оно вне допустимых пределов."),
    "gtin_invalid": FaultCode(
        "8, 12, 13 or 14 digits, the last of which checks the others",
        "Проверьте GTIN товара в карточке: в нём ошибка или не хватает цифр.",
    ),
    "base64_format": FaultCode("not Base64", "Программа неверно передала код маркировки: " + _AUTHORS),
    # --- marked goods
    **{code: FaultCode(notice.detail, notice.hint) for code, notice in REFUSALS.items()},
    "marking_code_missing": FaultCode("the payment object needs a marking code", HINTS["marking_code_missing"]),
    "marking_code_unexpected": FaultCode(
        "the payment object carries no marking code", HINTS["marking_code_unexpected"]
    ),
    "marking_code_choice": FaultCode(
        "either `code` or `code_base64`", "Код маркировки передан дважды или не передан: отсканируйте его ещё раз."
    ),
    "marking_code_twice": FaultCode(
        "two lines have the same marking code", "Этот код уже есть в чеке. Отсканируйте код второго товара."
    ),
    "marking_code_no_unit": FaultCode(
        "what stands for a marking code is a plain bar code, the code of a case or pallet, or no code at all",
        "Это не код маркировки. Отсканируйте квадратный код DataMatrix, а не штрихкод.",
    ),
    "marking_code_cut": FaultCode(
        "a part of a marking code: no tail, and a serial number of a length that no product group prints",
        HINTS["marking_code_cut"],
    ),
    "marking_before_handover": FaultCode(
        "a prepayment, advance or payment of credit bears no marking code", HINTS["marking_before_handover"]
    ),
    "marking_quantity": FaultCode("one marking code is one piece", HINTS["marking_quantity"]),
    "fraction_quantity": FaultCode(
        "a part of a marked piece is measured in pieces, quantity 1", HINTS["fraction_quantity"]
    ),
    "fraction_invalid": FaultCode(
        "0 < numerator < denominator", "Укажите долю упаковки: и числитель, и знаменатель, числитель меньше."
    ),
    "fraction_not_in_ffd": FaultCode(
        "ФФД 1.05 and 1.1 have no tag for a part of a marked piece", HINTS["fraction_not_in_ffd"]
    ),
    "too_many_codes": FaultCode("a document holds 128 marking codes at most", HINTS["too_many_codes"]),
    # --- what must fit together
    "item_sum_mismatch": FaultCode(
        "the line's sum is not price x quantity (one kopeck of tolerance)", HINTS["item_sum_mismatch"]
    ),
    "total_mismatch": FaultCode("the total is not the sum of the lines", _SUMS),
    "payment_exceeds_total": FaultCode("the payments exceed what is due", HINTS["payment_exceeds_total"]),
    "payments_short": FaultCode("the payments do not reach what is due", HINTS["payments_short"]),
    "change_only_from_cash": FaultCode(
        "`received` belongs to cash", "Сдача бывает только с наличных: исправьте оплату."
    ),
    "received_too_small": FaultCode("less cash received than is due in cash", HINTS["received_too_small"]),
    "cashless_sum_mismatch": FaultCode(
        "cashless entries differ from the electronic payment", HINTS["cashless_sum_mismatch"]
    ),
    "contact_required": FaultCode(
        "an internet settlement needs the buyer's e-mail or phone", "Укажите электронную почту или телефон покупателя."
    ),
    "supplier_inn_missing": FaultCode("an agent's line names its supplier's INN", HINTS["supplier_inn_missing"]),
    "correction_impossible": FaultCode(
        "ФФД 1.05 corrects sell and buy only",
        "На ФФД 1.05 нет коррекции возврата. Пробейте обычный чек возврата.",
    ),
    "document_too_large": FaultCode("a document holds 32 768 bytes of TLV at most", HINTS["document_too_large"]),
    # --- orders: what they consist of and what happens to them
    "line_twice": FaultCode("two entries name the same line", "Позиция указана дважды: сложите её количества."),
    "line_unknown": FaultCode("the order has no such line", "Такой позиции в заказе нет: обновите заказ."),
    "line_settled": FaultCode(
        "the line was handed over by a receipt", "Товар уже выдан по чеку: оформите возврат, менять его нельзя."
    ),
    "discount_too_big": FaultCode(
        "the discount is more than what it is taken off", "Скидка больше стоимости: исправьте её."
    ),
    "vat_not_plain": FaultCode(
        "an order names plain VAT rates; its prepayments get the calculated ones by themselves",
        "Укажите обычную ставку НДС: расчётную для чека предоплаты шлюз выберет сам.",
    ),
    "vat_not_calculated": FaultCode(
        "an advance has a calculated VAT rate, none or vat0",
        "Для аванса нужна расчётная ставка НДС (22/122, 20/120, …), 0 % или «без НДС»: исправьте настройку заказа.",
    ),
    "object_not_marked": FaultCode(
        "this payment object never bears a marking code",
        "Маркированным бывает только товар: снимите признак маркировки или исправьте вид позиции.",
    ),
    "quantity_wrong": FaultCode(
        "more than is left of the line, or a part of a marked piece",
        "Проверьте количество: столько по этой позиции выдать или вернуть нельзя.",
    ),
    "money_zero": FaultCode("nothing was paid", "Укажите сумму больше нуля."),
    "payment_choice": FaultCode(
        "either `sum` with `method`, or `payments`", "Программа передала оплату неполно или дважды: " + _AUTHORS
    ),
    "document_choice": FaultCode(
        "either `fiscal`, or `cancelled`", "Программа не передала данные чека банка: " + _AUTHORS
    ),
    "codes_missing": FaultCode(
        "a marking code for each unit of marked goods", "Отсканируйте коды маркировки всех единиц этой позиции."
    ),
    "codes_unexpected": FaultCode(
        "more codes than units, or the goods are not marked",
        "Кодов маркировки больше, чем нужно: уберите лишние.",
    ),
    "code_unreadable": FaultCode("this is no marking code", "Код маркировки не читается: отсканируйте его ещё раз."),
    "code_twice": FaultCode(
        "the unit is in this order's receipts or parcel already",
        "Этот код уже использован в заказе: отсканируйте другую единицу товара.",
    ),
    "code_of_other_order": FaultCode(
        "another order, which `message` names, has picked or sold this unit",
        "Этот экземпляр отобран или продан по другому заказу: возьмите другой либо уберите его из того заказа.",
    ),
    "code_of_other_goods": FaultCode(
        "the code's GTIN is not the line's", "Код от другого товара: проверьте, тот ли товар взят."
    ),
    "code_not_sold": FaultCode(
        "the order did not sell this unit, or it came back already",
        "Этот экземпляр по заказу не продавали: проверьте, тот ли товар вернули.",
    ),
    "not_sold": FaultCode(
        "nothing of the line is with the buyer", "Эту позицию не выдавали или уже вернули: проверьте возврат."
    ),
    "scan_ambiguous": FaultCode(
        "the code fits several lines", "Код подходит к нескольким позициям: выберите позицию и отсканируйте ещё раз."
    ),
    "scan_not_needed": FaultCode(
        "every unit of the line has its code", "Все единицы позиции уже отсканированы: лишнюю отложите."
    ),
    "unit_not_picked": FaultCode(
        "the unit to be put back is not picked for this order", "Этот экземпляр для заказа не отобран: убирать нечего."
    ),
    # --- what the register cannot do
    "taxation_not_registered": FaultCode(
        "the register is not registered for this tax system",
        "Укажите систему налогообложения, с которой зарегистрирована касса.",
    ),
    "vat_not_in_register": FaultCode(
        "the register's settings leave it no such VAT rate",
        "Такой ставки НДС в кассе нет, или её настройки заменят ставку другой: выберите другую ставку.",
    ),
    "taxation_ambiguous": FaultCode(
        "the register is registered with several tax systems: say which",
        "Касса зарегистрирована с несколькими СНО: укажите систему налогообложения в чеке.",
    ),
    "vat_replaced_by_register": FaultCode(
        "the register would turn this VAT rate into another one",
        "Касса сама заменяет эту ставку НДС: выберите другую ставку или измените настройку кассы.",
    ),
    "vat_missing_in_register": FaultCode(
        "the register's table holds no such VAT rate", "В кассе нет такой ставки НДС: обновите прошивку кассы."
    ),
    "correction_vat_impossible": FaultCode(
        "the register's correction has no place for this VAT rate",
        "Чек коррекции на этой кассе не может содержать такую ставку НДС.",
    ),
    "marking_not_registered": FaultCode(
        "the register is not registered for marked goods",
        "Касса зарегистрирована без признака торговли маркированными товарами.",
    ),
    "register_setting": FaultCode(
        "a setting of the register stands in the way", "Измените настройку кассы, названную в сообщении."
    ),
    "name_is_a_command": FaultCode(
        "the register takes this name for a command", "Название товара не должно начинаться с //."
    ),
    "receipt_does_not_fit": FaultCode(
        "a value is too large for the register's commands",
        "Касса не примет эти данные: проверьте названия, количества и суммы.",
    ),
    "no_place_in_register": FaultCode(
        "the register's commands have no place for it",
        "Касса не умеет передавать этот реквизит: уберите его или пробейте чек на другой кассе.",
    ),
    "sum_computed_by_register": FaultCode(
        "the register computes price x quantity itself",
        "Касса сама считает сумму позиции: разнесите скидку так, чтобы цена на количество давала сумму до копейки.",
    ),
    "tag_missing": FaultCode("the register's ФФД wants this tag", HINTS["tag_missing"]),
    "tag_forbidden": FaultCode("the register's ФФД has no place for this tag", HINTS["tag_forbidden"]),
    "tag_repeated": FaultCode("a tag occurs twice", HINTS["tag_repeated"]),
    "tag_value": FaultCode("the tag cannot be written so", HINTS["tag_value"]),
    "tag_too_long": FaultCode("the tag's parts take too much room", HINTS["tag_too_long"]),
}


#: Of what a register's own rules refuse without a word for the till.
_OTHER: Final = FaultCode("", "Касса не может оформить такой документ: исправьте это поле.")


def hint_of(fault: Fault) -> str:
    """The fault's own hint, else that of its code."""
    return fault.hint or FAULT_CODES.get(fault.code, _OTHER).hint
