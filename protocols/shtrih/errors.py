"""Every error number with what it means, what to do, and whether asking again helps (shtrih_m §6).

Numbers below 30h and A0h…A5h are the fiscal drive's, the rest the register's. FN-era meanings: older ЭКЛЗ models
used some of these numbers differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.refusals import Kind


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """`code` is stable and goes into HTTP answers; `hint_ru` is for the person at the till."""

    number: int
    code: str
    text_ru: str
    hint_ru: str
    kind: Kind


_R, _O, _X = Kind.RETRYABLE, Kind.OPERATOR, Kind.REJECTED

_SERVICE = "Обратитесь в сервисный центр."
_DRIVE_SERVICE = "Обратитесь в сервисный центр: фискальный накопитель нужно проверить или заменить."
_CHECK_DATA = "Проверьте данные чека."
_OVERFLOW = "Сумма слишком велика: разбейте чек или закройте смену."
_CLOSE_SHIFT = "Закройте смену (Z-отчёт) и откройте новую."
_PROGRAM = "Ошибка программы: передайте код ошибки в поддержку."

_ROWS: tuple[tuple[int, str, str, str, Kind], ...] = (
    (0x01, "fn_unknown_command", "ФН: неизвестная команда или неверный формат", _PROGRAM, _X),
    (0x02, "fn_wrong_state", "ФН: неверное состояние", "Отмените открытый документ и повторите.", _X),
    (0x03, "fn_failure", "ФН: отказ ФН", _DRIVE_SERVICE, _O),
    (0x04, "fn_crypto_failure", "ФН: отказ криптографического сопроцессора", _DRIVE_SERVICE, _O),
    (0x05, "fn_expired", "ФН: истёк срок эксплуатации", "Замените фискальный накопитель.", _O),
    (0x06, "fn_archive_full", "ФН: архив переполнен", "Закройте архив и замените фискальный накопитель.", _O),
    (0x07, "fn_bad_datetime", "ФН: неверные дата и время", "Проверьте часы кассы.", _O),
    (0x08, "fn_no_data", "ФН: запрошенные данные отсутствуют", "Документа с таким номером в накопителе нет.", _X),
    (0x09, "fn_bad_parameter", "ФН: некорректное значение параметра", _CHECK_DATA, _X),
    (0x10, "fn_tlv_too_large", "ФН: превышен размер TLV данных", "Чек слишком велик: разбейте его.", _X),
    (0x11, "fn_no_transport", "ФН: нет транспортного соединения", "Проверьте связь кассы с интернетом.", _R),
    (0x12, "fn_crypto_exhausted", "ФН: исчерпан ресурс криптопроцессора", "Замените фискальный накопитель.", _O),
    (0x14, "fn_queue_full", "ФН: исчерпан ресурс хранения документов для ОФД", "Восстановите связь с ОФД.", _O),
    (0x15, "fn_ofd_overdue", "ФН: документы не переданы в ОФД более 30 дней", "Восстановите связь с ОФД.", _O),
    (0x16, "fn_shift_expired", "ФН: смена длится более 24 часов", _CLOSE_SHIFT, _O),
    (0x17, "fn_time_gap", "ФН: неверная разница во времени между операциями", "Проверьте часы кассы.", _O),
    (0x20, "fn_ofd_message_refused", "ФН: сообщение от ОФД не может быть принято", "Обратитесь к оператору ОФД.", _X),
    (0x23, "fn_key_update_negative", "ФН: отрицательный ответ сервера обновления ключей", _SERVICE, _X),
    (0x24, "fn_key_update_unknown", "ФН: неизвестный ответ сервера обновления ключей", _SERVICE, _X),
    (0x2F, "fn_timeout", "Таймаут обмена с ФН", "Подождите; если не пройдёт, выключите и включите кассу.", _R),
    (0x30, "fn_silent", "ФН не отвечает", "Подождите; если не пройдёт, выключите и включите кассу.", _R),
    (0x31, "fn_format", "Ошибка формата обмена с ФН", "Выключите и включите кассу.", _R),
    (0x32, "fn_crc", "Ошибка контрольной суммы обмена с ФН", "Выключите и включите кассу.", _R),
    (0x33, "bad_parameters", "Некорректные параметры в команде", _CHECK_DATA, _X),
    (0x34, "no_data", "Нет данных", "Запрошенных данных в кассе нет.", _X),
    (0x35, "bad_for_settings", "Некорректный параметр при данных настройках", "Проверьте настройки кассы.", _X),
    (0x36, "bad_for_model", "Некорректные параметры для данной реализации", "Эта модель кассы так не умеет.", _X),
    (0x37, "unsupported", "Команда не поддерживается", "Эта модель кассы так не умеет.", _X),
    (0x38, "rom_error", "Ошибка в ПЗУ", _SERVICE, _O),
    (0x39, "internal_error", "Внутренняя ошибка ПО кассы", "Выключите и включите кассу.", _O),
    (0x3A, "surcharge_overflow", "Переполнение накопления по надбавкам в смене", _OVERFLOW, _X),
    (0x3C, "shift_open", "Смена открыта, операция невозможна", "Закройте смену.", _X),
    (0x3D, "shift_closed", "Смена не открыта, операция невозможна", "Откройте смену.", _X),
    (0x3E, "department_overflow", "Переполнение накопления по секциям в смене", _OVERFLOW, _X),
    (0x3F, "discount_overflow", "Переполнение накопления по скидкам в смене", _OVERFLOW, _X),
    (0x40, "discount_range", "Переполнение диапазона скидок", _CHECK_DATA, _X),
    (0x41, "payment_1_range", "Переполнение диапазона оплаты наличными", _CHECK_DATA, _X),
    (0x42, "payment_2_range", "Переполнение диапазона оплаты типом 2", _CHECK_DATA, _X),
    (0x43, "payment_3_range", "Переполнение диапазона оплаты типом 3", _CHECK_DATA, _X),
    (0x44, "payment_4_range", "Переполнение диапазона оплаты типом 4", _CHECK_DATA, _X),
    (0x45, "payment_short", "Сумма всех типов оплаты меньше итога чека", "Проверьте оплату: её не хватает.", _X),
    # Rejected, not held: a job that waited for money would keep away the sales and the cash-in that bring it.
    (0x46, "not_enough_cash", "Не хватает наличности в кассе", "Внесите деньги (cash-in) и повторите.", _X),
    (0x47, "tax_overflow", "Переполнение накопления по налогам в смене", _OVERFLOW, _X),
    (0x48, "total_overflow", "Переполнение итога чека", _OVERFLOW, _X),
    (0x49, "wrong_receipt_type", "Операция невозможна в открытом чеке данного типа", "Отмените открытый чек.", _X),
    (0x4A, "receipt_open", "Открыт чек — операция невозможна", "Закройте или отмените открытый чек.", _X),
    (0x4B, "receipt_full", "Буфер чека переполнен", "Чек слишком велик: разбейте его.", _X),
    (0x4C, "turnover_overflow", "Переполнение накопления по обороту налогов в смене", _OVERFLOW, _X),
    (0x4D, "cashless_exceeds", "Вносимая безналичной оплатой сумма больше суммы чека", "Проверьте оплату картой.", _X),
    (0x4E, "shift_expired", "Смена превысила 24 часа", _CLOSE_SHIFT, _O),
    (0x4F, "wrong_password", "Неверный пароль", "Проверьте пароль оператора в настройках.", _X),
    (0x50, "printing", "Идёт печать предыдущей команды", "Подождите окончания печати.", _R),
    (0x51, "cash_overflow_shift", "Переполнение накоплений наличными в смене", _CLOSE_SHIFT, _O),
    (0x52, "payment_2_overflow", "Переполнение накоплений по типу оплаты 2 в смене", _CLOSE_SHIFT, _O),
    (0x53, "payment_3_overflow", "Переполнение накоплений по типу оплаты 3 в смене", _CLOSE_SHIFT, _O),
    (0x54, "payment_4_overflow", "Переполнение накоплений по типу оплаты 4 в смене", _CLOSE_SHIFT, _O),
    (0x55, "receipt_closed", "Чек закрыт — операция невозможна", "Сначала откройте чек.", _X),
    (0x56, "nothing_to_repeat", "Нет документа для повтора", "Повторять нечего.", _X),
    (0x58, "waiting_continue", "Ожидание команды продолжения печати", "Бумага заправлена: продолжите печать.", _R),
    (0x59, "other_operator", "Документ открыт другим оператором", "Закройте чек под тем же оператором.", _X),
    (0x5A, "discount_exceeds", "Скидка превышает накопления в чеке", _CHECK_DATA, _X),
    (0x5B, "surcharge_range", "Переполнение диапазона надбавок", _CHECK_DATA, _X),
    (0x5C, "low_supply", "Понижено напряжение 24 В", "Проверьте блок питания кассы.", _O),
    (0x5D, "no_table", "Таблица не определена", "Такой таблицы в кассе нет.", _X),
    (0x5E, "wrong_operation", "Неверная операция", _CHECK_DATA, _X),
    (0x5F, "negative_total", "Отрицательный итог чека", _CHECK_DATA, _X),
    (0x60, "multiplication_overflow", "Переполнение при умножении", _CHECK_DATA, _X),
    (0x61, "price_range", "Переполнение диапазона цены", _CHECK_DATA, _X),
    (0x62, "quantity_range", "Переполнение диапазона количества", _CHECK_DATA, _X),
    (0x63, "department_range", "Переполнение диапазона отдела", _CHECK_DATA, _X),
    (0x65, "department_short", "Не хватает денег в секции", _CHECK_DATA, _X),
    (0x66, "department_money_overflow", "Переполнение денег в секции", _OVERFLOW, _X),
    (0x68, "turnover_short", "Не хватает денег по обороту налогов", _CHECK_DATA, _X),
    (0x69, "turnover_money_overflow", "Переполнение оборота налогов", _OVERFLOW, _X),
    (0x6A, "power_i2c", "Ошибка питания в момент ответа по I2C", "Проверьте питание кассы.", _R),
    (0x6B, "no_paper", "Нет чековой ленты", "Вставьте чековую ленту.", _O),
    (0x6C, "no_journal_paper", "Нет операционного журнала", "Вставьте контрольную ленту.", _O),
    (0x6D, "tax_short", "Не хватает денег по налогу", _CHECK_DATA, _X),
    (0x6E, "tax_money_overflow", "Переполнение денег по налогу", _OVERFLOW, _X),
    (0x6F, "cash_out_overflow", "Переполнение по выплате в смене", _CLOSE_SHIFT, _O),
    (0x71, "cutter", "Ошибка отрезчика", "Откройте крышку и уберите замятую ленту.", _O),
    (0x72, "wrong_submode", "Команда не поддерживается в данном подрежиме", "Проверьте бумагу в кассе.", _O),
    (0x73, "wrong_mode", "Команда не поддерживается в данном режиме", "Проверьте состояние смены и чека.", _X),
    (0x74, "ram_error", "Ошибка ОЗУ", _SERVICE, _O),
    (0x75, "power_error", "Ошибка питания", "Проверьте питание кассы.", _O),
    (0x76, "no_tachometer", "Ошибка принтера: нет импульсов тахогенератора", _SERVICE, _O),
    (0x77, "no_sensor", "Ошибка принтера: нет сигнала с датчиков", _SERVICE, _O),
    (0x78, "firmware_changed", "Замена ПО", "Нужно технологическое обнуление: " + _SERVICE, _O),
    (0x79, "drive_replaced", "Замена ФН", "Нужна перерегистрация кассы.", _O),
    (0x7A, "field_read_only", "Поле не редактируется", "Закройте чек и смену и повторите.", _X),
    (0x7B, "hardware", "Ошибка оборудования", _SERVICE, _O),
    (0x7C, "date_mismatch", "Не совпадает дата", "Введите дату ещё раз.", _X),
    (0x7D, "bad_date", "Неверный формат даты", _PROGRAM, _X),
    (0x7E, "bad_length", "Неверное значение в поле длины", _PROGRAM, _X),
    (0x7F, "total_range", "Переполнение диапазона итога чека", _OVERFLOW, _X),
    (0x84, "cash_overflow", "Переполнение наличности", "Сделайте выплату из кассы.", _O),
    (0x85, "sales_overflow", "Переполнение по продажам в смене", _CLOSE_SHIFT, _O),
    (0x86, "buys_overflow", "Переполнение по покупкам в смене", _CLOSE_SHIFT, _O),
    (0x87, "sale_returns_overflow", "Переполнение по возвратам продаж в смене", _CLOSE_SHIFT, _O),
    (0x88, "buy_returns_overflow", "Переполнение по возвратам покупок в смене", _CLOSE_SHIFT, _O),
    (0x89, "cash_in_overflow", "Переполнение по внесению в смене", _CLOSE_SHIFT, _O),
    (0x8A, "receipt_surcharge_overflow", "Переполнение по надбавкам в чеке", _CHECK_DATA, _X),
    (0x8B, "receipt_discount_overflow", "Переполнение по скидкам в чеке", _CHECK_DATA, _X),
    (0x8C, "negative_surcharge", "Отрицательный итог надбавки в чеке", _CHECK_DATA, _X),
    (0x8D, "negative_discount", "Отрицательный итог скидки в чеке", _CHECK_DATA, _X),
    (0x8E, "zero_total", "Нулевой итог чека", "Касса настроена не пробивать чеки на ноль.", _X),
    (0x8F, "not_registered", "Касса не фискализирована", "Зарегистрируйте кассу.", _O),
    (0x90, "field_too_long", "Поле превышает размер, установленный в настройках", _CHECK_DATA, _X),
    (0x91, "outside_area", "Выход за границу поля печати", _PROGRAM, _X),
    (0x92, "fields_overlap", "Наложение полей", _PROGRAM, _X),
    (0x93, "ram_recovered", "Восстановление ОЗУ прошло успешно", "Повторите операцию.", _R),
    (0x94, "operations_limit", "Исчерпан лимит операций в чеке", "Чек слишком велик: разбейте его.", _X),
    (0x96, "z_required", "Нужен отчёт о закрытии смены", _CLOSE_SHIFT, _O),
    (0x9B, "bad_operation", "Некорректное действие", _CHECK_DATA, _X),
    (0x9C, "item_not_found", "Товар не найден", _CHECK_DATA, _X),
    (0x9D, "bad_item_data", "Неверные данные товара", _CHECK_DATA, _X),
    (0x9E, "bad_item_size", "Неверный размер данных товара", _CHECK_DATA, _X),
    (0xA0, "fn_marking_forbidden", "ФН: работа с маркированным товаром запрещена регистрацией",
     "Перерегистрируйте кассу с признаком торговли маркированным товаром.", _X),
    (0xA1, "fn_marking_sequence", "ФН: нарушена последовательность команд маркировки",
     "Повторите проверку кода маркировки.", _X),
    # Rejected, not retried for ever: it may last for days, and goods without marking must not wait behind it.
    (0xA2, "fn_marking_blocked", "ФН: работа с маркированным товаром временно заблокирована",
     "Проверьте интернет у кассы и дождитесь передачи уведомлений о реализации, затем повторите чек.", _X),
    (0xA3, "fn_marking_full", "ФН: переполнена таблица проверенных кодов маркировки",
     "Не больше 128 кодов в одном чеке: разбейте чек.", _X),
    (0xA4, "fn_missing_requisites", "ФН: в блоке TLV нет необходимых реквизитов", _CHECK_DATA, _X),
    (0xA5, "fn_unchecked_code", "ФН: код маркировки не прошёл проверку", "Проверьте код маркировки ещё раз.", _X),
    (0xAA, "fn_missing_requisites", "ФН: в блоке TLV нет необходимых реквизитов", _CHECK_DATA, _X),
    (0xAC, "fn_unchecked_code", "ФН: код маркировки не прошёл проверку", "Проверьте код маркировки ещё раз.", _X),
    (0xC0, "confirm_clock", "Контроль даты и времени: подтвердите дату и время", "Подтвердите часы кассы.", _O),
    (0xC2, "high_supply", "Превышение напряжения в блоке питания", "Проверьте блок питания кассы.", _O),
    (0xC4, "shift_mismatch", "Несовпадение номеров смен", _SERVICE, _O),
    (0xC7, "field_locked", "Поле не редактируется в данном режиме", "Закройте чек и смену и повторите.", _X),
    (0xC8, "no_printer", "Отсутствуют импульсы от тахогенератора, нет связи с принтером", _SERVICE, _O),
    (0xC9, "head_overheated", "Перегрев печатающей головки", "Дайте принтеру остыть.", _R),
    (0xCA, "temperature", "Температура вне рабочего диапазона", "Дайте кассе остыть или согреться.", _R),
    (0xCF, "set_date", "Неверная дата: установите дату", "Установите дату на кассе.", _O),
    (0xD1, "buffer_empty", "Нет документов в буфере", "Повторять нечего.", _X),
    (0xD3, "goods_not_produced", "Товар не производился или выведен из оборота", "Не продавайте этот товар.", _X),
    (0xD4, "code_falsified", "Код маркировки фальсифицирован", "Не продавайте этот товар.", _X),
    (0xD5, "authentication", "Ошибка аутентификации", _SERVICE, _O),
)  # fmt: skip

#: Numbers of which two sources disagree (the vendor's text against its own driver); both are accepted.
UNCONFIRMED = frozenset({0x23, 0x24, 0x30, 0x31, 0x32, 0xA4, 0xA5, 0xAA, 0xAC})

ERRORS: Mapping[int, ErrorRow] = {row[0]: ErrorRow(*row) for row in _ROWS}


def describe(number: int) -> ErrorRow:
    """The row of an error number; a number no source knows is refused for good, with its number in the text."""
    known = ERRORS.get(number)
    if known is not None:
        return known
    return ErrorRow(number, f"shtrih_{number:02x}", f"Ошибка кассы {number:02X}h", _SERVICE, Kind.REJECTED)


# Names for the numbers that code has to compare with or raise.
FN_WRONG_STATE = 0x02
FN_EXPIRED = 0x05
FN_BAD_DATETIME = 0x07
FN_NO_DATA = 0x08
FN_BAD_PARAMETER = 0x09
FN_TLV_TOO_LARGE = 0x10
FN_OFD_OVERDUE = 0x15
FN_SHIFT_EXPIRED = 0x16
BAD_PARAMETERS = 0x33
NO_DATA = 0x34
BAD_FOR_SETTINGS = 0x35
BAD_FOR_MODEL = 0x36
UNSUPPORTED = 0x37
SHIFT_OPEN = 0x3C
SHIFT_CLOSED = 0x3D
PAYMENT_SHORT = 0x45
NOT_ENOUGH_CASH = 0x46
TOTAL_OVERFLOW = 0x48
WRONG_RECEIPT_TYPE = 0x49
RECEIPT_OPEN = 0x4A
CASHLESS_EXCEEDS = 0x4D
SHIFT_EXPIRED = 0x4E
WRONG_PASSWORD = 0x4F
PRINTING = 0x50
RECEIPT_CLOSED = 0x55
NOTHING_TO_REPEAT = 0x56
WAITING_CONTINUE = 0x58
OTHER_OPERATOR = 0x59
DISCOUNT_EXCEEDS = 0x5A
NO_TABLE = 0x5D
WRONG_OPERATION = 0x5E
NEGATIVE_TOTAL = 0x5F
QUANTITY_RANGE = 0x62
DEPARTMENT_RANGE = 0x63
NO_PAPER = 0x6B
WRONG_SUBMODE = 0x72
WRONG_MODE = 0x73
FIELD_READ_ONLY = 0x7A
DATE_MISMATCH = 0x7C
BAD_LENGTH = 0x7E
ZERO_TOTAL = 0x8E
OPERATIONS_LIMIT = 0x94
MARKING_FORBIDDEN = 0xA0
MARKING_SEQUENCE = 0xA1
MARKING_BLOCKED = 0xA2
MARKING_FULL = 0xA3
MARKING_INCOMPLETE = 0xA4
MARKING_UNCHECKED = 0xA5
CONFIRM_CLOCK = 0xC0
NOT_IN_THIS_MODE = 0xC7
NOT_AUTHENTICATED = 0xD5


_FIRST_OF_REGISTER = 0x30

#: Numbers of the drive that the register tells under another one: 32h… would be its own faults of exchange. Two drivers
#: and the vendor's text disagree on the last two (AAh and ACh in one driver).
_OF_DRIVE = {
    0x32: MARKING_FORBIDDEN,
    0x33: MARKING_SEQUENCE,
    0x34: MARKING_BLOCKED,
    0x35: MARKING_FULL,
    0x3C: MARKING_INCOMPLETE,
    0x3E: MARKING_UNCHECKED,
}


def of_drive(number: int) -> int:
    """The number under which a register tells an error of its drive."""
    return _OF_DRIVE.get(number, number)


def is_of_drive(number: int) -> bool:
    """Whether an error is the fiscal drive's, as the table's head says."""
    return number < _FIRST_OF_REGISTER or MARKING_FORBIDDEN <= number <= MARKING_UNCHECKED
