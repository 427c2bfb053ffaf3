"""Extended codes of 06/1: why a command was answered with 01 or 03 (other_kkt §1.10)."""

from __future__ import annotations

from collections.abc import Mapping

from protocols.refusals import ErrorRow, Kind

_R, _O, _X = Kind.RETRYABLE, Kind.OPERATOR, Kind.REJECTED
_CANCEL = "Отмените открытый документ и повторите чек."
_CHECK = "Проверьте данные чека."
_SERVICE = "Обратитесь в сервисный центр."
_REGISTER = "Проверьте данные регистрации кассы."

#: Extended code -> what the parameter is: the rows that say "bad parameter …".
_PARAMETERS: Mapping[int, tuple[str, str, str]] = {
    40: ("type", "type of the document", "Тип документа"),
    41: ("department", "number of the department", "Номер отдела"),
    42: ("document_number", "number of the document", "Номер документа"),
    43: ("taxation", "taxation", "Система налогообложения"),
    44: ("name", "name of the goods", "Название товара"),
    45: ("article", "article", "Артикул"),
    46: ("quantity", "quantity", "Количество товара"),
    47: ("price", "price", "Цена товара"),
    48: ("vat", "VAT row", "Номер ставки налога"),
    49: ("position", "number of the item", "Номер товарной позиции"),
    50: ("section", "number of the section", "Номер секции"),
    51: ("discount_name", "name of the discount", "Название скидки"),
    52: ("discount_sum", "sum of the discount", "Сумма скидки"),
    53: ("method", "payment method (1214)", "Признак способа расчета"),
    54: ("object", "payment object (1212)", "Признак предмета расчета"),
    55: ("payment_type", "type of the payment", "Тип платежа"),
    56: ("payment_sum", "sum of the payment", "Сумма платежа"),
    57: ("text", "additional text", "Дополнительный текст"),
    58: ("buyer", "buyer's address", "Адрес покупателя"),
    59: ("drive_replaced", "replacement of the drive", "Замена ФН"),
    60: ("user_inn", "user's INN", "ИНН пользователя"),
    61: ("mode", "mode of work", "Режим работы"),
    63: ("ffd", "version of ФФД", "Версия ФФД"),
    64: ("agent", "agent mask", "Признак агента"),
    65: ("key", "activation key", "Код активации"),
    66: ("query", "number of the query", "Номер запроса"),
    67: ("service", "number of the paid service", "Номер платной услуги"),
    71: ("additional", "additional attribute (1192)", "Дополнительный реквизит чека"),
    72: ("user_name", "name of the user's attribute (1085)", "Наименование дополнительного реквизита пользователя"),
    73: ("user_value", "value of the user's attribute (1086)", "Значение дополнительного реквизита пользователя"),
    75: ("correction_type", "type of the correction", "Тип коррекции"),
    76: ("operation", "type of the operation", "Тип операции"),
    77: ("base_number", "number of the base of the correction", "Номер документа основания коррекции"),
    78: ("base_name", "name of the base of the correction", "Наименование основания коррекции"),
    81: ("goods_code", "code of the goods", "Код товара"),
    85: ("buyer_inn", "buyer's INN", "ИНН покупателя"),
    86: ("buyer_name", "buyer", "Покупатель"),
    89: ("country", "country of origin", "Код страны происхождения товара"),
    90: ("declaration", "customs declaration", "Номер таможенной декларации"),
    91: ("excise", "excise", "Акциз"),
    93: ("phone", "phone", "Телефон"),
}

_ROWS: tuple[tuple[int, str, str, str, str, Kind], ...] = (
    (0, "none", "nothing more is known", "Дополнительной информации нет", _CHECK, _X),
    (1, "work_not_begun", "beginning of work was not called", "Не вызвано «Начало работы»",
     "Повторите: касса включалась заново.", _R),
    (2, "not_fiscal", "not in fiscal mode", "Нефискальный режим", "Зарегистрируйте кассу.", _O),
    (3, "archive_closed", "the drive is closed", "Архив ФН закрыт", "Замените фискальный накопитель.", _O),
    (4, "drive_not_registered", "the drive is not registered", "ФН не зарегистрирован", "Зарегистрируйте кассу.", _O),
    (5, "drive_registered", "the drive is registered already", "ФН уже зарегистрирован", _REGISTER, _X),
    (7, "nothing_to_reregister", "nothing changes by reregistration", "Нет изменений для перерегистрации",
     _REGISTER, _X),
    (8, "document_closed", "no document is open", "Документ не был открыт", "Начните чек заново.", _X),
    (9, "document_open", "the previous document is open", "Предыдущий документ не закрыт", _CANCEL, _X),
    (11, "document_not_1", "the document is not in state 1", "Позиции и текст сейчас невозможны", _CANCEL, _X),
    (12, "document_not_1_2", "the document is not in state 1 or 2", "Документ уже в оплате или закрыт", _CANCEL, _X),
    (13, "document_not_1_2_3", "the document is not in state 1, 2 or 3", "Расчёт уже завершён", _CANCEL, _X),
    (14, "document_not_4", "the document is not in state 4", "Расчёт не завершён",
     "Проверьте оплату: её не хватает.", _X),
    (15, "document_in_drive", "the document is closed in the drive", "Документ уже закрыт в ФН",
     "Документ допечатается повторным закрытием.", _O),
    (16, "not_a_receipt", "the document is no sale or return", "Документ не является чеком", _CANCEL, _X),
    (17, "not_cash_in_out", "the document is no cash-in or cash-out", "Документ не внесение и не изъятие", _CANCEL, _X),
    (18, "not_service", "the document is no service document", "Документ не сервисный", _CANCEL, _X),
    (19, "is_service", "the document is a service document", "Документ сервисный", _CANCEL, _X),
    (20, "shift_closed", "the shift is not open", "Смена не открыта", "Откройте смену.", _X),
    (21, "drive_fatal", "fatal fault of the drive", "Фатальная ошибка ФН", _SERVICE, _O),
    (22, "drive_not_receiving", "the drive takes no document for the OFD now", "ФН не принимает документ для ОФД",
     "Подождите и повторите.", _R),
    (23, "no_fns_site", "FNS site is not set", "Не задан адрес сайта ФНС", _REGISTER, _O),
    (24, "no_ofd_name", "OFD name is not set", "Не задано наименование ОФД", _REGISTER, _O),
    (25, "no_ofd_inn", "OFD INN is not set", "Не задан ИНН ОФД", _REGISTER, _O),
    (26, "zero_total", "zero total", "Нулевой итог документа", _CHECK, _X),
    (27, "no_place", "place of settlement is not set", "Не задано место расчётов", _REGISTER, _X),
    (28, "no_automat", "number of the automat is not set", "Не задан номер автомата", _REGISTER, _X),
    (29, "second_credit_payment", "a second item of method 7", "Второй предмет расчёта «Оплата кредита»",
     "Разбейте чек: оплата кредита стоит в чеке одна.", _X),
    (30, "no_sender", "sender's e-mail is not set", "Не задан email отправителя чека", _REGISTER, _X),
    (33, "no_operator", "no name of the operator", "Не задано имя оператора", "Укажите кассира.", _X),
    (34, "unsent_documents", "documents wait for the OFD", "Есть неотправленные в ОФД документы",
     "Восстановите связь кассы с ОФД и дождитесь передачи документов.", _O),
    (35, "one_discount", "one discount a receipt", "Допустима только одна скидка на чек", _CHECK, _X),
    (37, "bad_registration_number", "wrong registration number", "Неверный регистрационный номер", _REGISTER, _X),
    (38, "registration_fixed", "registration data cannot be changed", "Невозможно изменить регистрационные данные",
     _REGISTER, _X),
    (39, "bad_datetime", "wrong date or time", "Дата или время переданы неверно", "Проверьте часы компьютера.", _X),
    (62, "autonomous_encryption", "encryption without a network", "Автономный режим и шифрование", _REGISTER, _X),
    (69, "marking_kind", "this kind of marking is not supported", "Тип маркировки не поддерживается",
     "Проверьте код маркировки; возможно, нужна новая прошивка кассы.", _X),
    (70, "universal_key", "a universal key is active", "Активирован универсальный ключ", _SERVICE, _X),
    (79, "agent_data", "agent data differs from the agent mask", "Данные агента не соответствуют признаку агента",
     "Проверьте данные агента.", _X),
    (82, "too_many_codes", "too many items with a code", "Слишком много позиций с кодом товара",
     "Чек слишком велик: разбейте его.", _X),
    (83, "name_and_object", "the name does not fit the payment object", "Название не соответствует предмету расчёта",
     _CHECK, _X),
    (88, "update_for_1_2", "firmware is too old for ФФД 1.2", "Прошивка не умеет ФФД 1.2", "Обновите прошивку кассы.",
     _O),
    (94, "picture_too_large", "the picture is too large", "Слишком большое изображение",
     "Уменьшите изображение.", _X),
)  # fmt: skip

EXTENDED: Mapping[int, ErrorRow] = {row[0]: ErrorRow(*row) for row in _ROWS} | {
    number: ErrorRow(
        number, f"bad_{code}", f"bad parameter: {what}", f"Неверный параметр «{name}»", _CHECK, Kind.REJECTED
    )
    for number, (code, what, name) in _PARAMETERS.items()
}

# Names for the codes that code has to compare with or raise.
NONE = 0
WORK_NOT_BEGUN = 1
NOT_FISCAL = 2
ARCHIVE_CLOSED = 3
DOCUMENT_CLOSED = 8
DOCUMENT_OPEN = 9
NOT_STATE_1 = 11
NOT_STATE_1_2 = 12
NOT_STATE_1_2_3 = 13
NOT_STATE_4 = 14
IN_DRIVE = 15
NOT_A_RECEIPT = 16
NOT_CASH_IN_OUT = 17
NOT_SERVICE = 18
IS_SERVICE = 19
SHIFT_CLOSED = 20
ZERO_TOTAL = 26
SECOND_CREDIT_PAYMENT = 29
NO_OPERATOR = 33
ONE_DISCOUNT = 35
BAD_DATETIME = 39
UNKNOWN_QUERY = 66


def extended(number: int) -> ErrorRow:
    """The row of an extended code; one that no source knows is refused for good, with its number in the text."""
    known = EXTENDED.get(number)
    if known is not None:
        return known
    return ErrorRow(
        number, f"extended_{number}", f"unknown extended code {number}", f"Причина {number}", _SERVICE, Kind.REJECTED
    )


#: (command, field) -> the extended code with which a register refuses it. What has no row is refused with 0.
BAD_PARAMETER: Mapping[tuple[str, str], int] = {
    ("open_document", "mode"): 40,
    ("open_document", "department"): 41,
    ("open_document", "operator"): 33,
    ("open_document", "number"): 42,
    ("open_document", "taxation"): 43,
    ("open_copy", "mode"): 40,
    ("open_copy", "department"): 41,
    ("open_copy", "operator"): 33,
    ("open_copy", "receipt"): 42,
    ("open_copy", "at"): 39,
    ("open_copy", "taxation"): 43,
    ("close_document", "buyer"): 58,
    ("close_document", "user_name"): 72,
    ("close_document", "user_value"): 73,
    ("close_document", "buyer_name"): 86,
    ("close_document", "buyer_inn"): 85,
    ("add_item", "name"): 44,
    ("add_item", "article"): 45,
    ("add_item", "quantity"): 46,
    ("add_item", "price"): 47,
    ("add_item", "vat"): 48,
    ("add_item", "position"): 49,
    ("add_item", "section"): 50,
    ("add_item", "discount"): 52,
    ("add_item", "method"): 53,
    ("add_item", "object"): 54,
    ("add_item", "country"): 89,
    ("add_item", "declaration"): 90,
    ("add_item", "excise"): 91,
    ("item_details", "code"): 81,
    ("item_details", "agent"): 64,
    ("item_details", "supplier_phones"): 93,
    ("item_details", "operator_phones"): 93,
    ("item_details", "agent_phones"): 93,
    ("item_details", "receiver_phones"): 93,
    ("receipt_discount", "name"): 51,
    ("receipt_discount", "sum"): 52,
    ("payment", "type"): 55,
    ("payment", "sum"): 56,
    ("payment", "text"): 57,
    ("correction", "operator"): 33,
    ("correction", "type"): 75,
    ("correction", "base_date"): 39,
    ("correction", "base_number"): 77,
    ("correction", "additional"): 71,
    ("correction", "user_name"): 72,
    ("correction", "user_value"): 73,
    ("correction", "buyer_name"): 86,
    ("correction", "buyer_inn"): 85,
    ("begin_work", "at"): 39,
    ("write_clock", "at"): 39,
    ("register", "drive_replaced"): 59,
    ("register", "inn"): 60,
    ("register", "registration_number"): 37,
    ("register", "mode"): 61,
    ("register", "at"): 39,
    ("register", "ffd"): 63,
    ("paid_service", "number"): 67,
    ("activate_key", "key"): 65,
}
