"""The driver's error numbers as a web server tells them: what each means, what to do, whether it stops the queue (§5).

Texts are the driver's own labels, since clients match them; they agree in two public typed models (a C# library and an
open payment kiosk). `_ROWS` holds what a till can meet; a number that is not there has a row that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocols.refusals import Kind


class BlockReason(StrEnum):
    """Why a server stops its queue behind a fiscal task whose outcome is not known (§3.4)."""

    CONNECTION = "connectionError"
    DRIVE = "fnError"
    PAPER = "paperError"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """`code` is stable and goes into HTTP answers, `detail` into logs; `hint_ru` is for the person at the till."""

    number: int
    code: str
    text_ru: str
    kind: Kind
    hint_ru: str

    @property
    def detail(self) -> str:
        return self.code.replace("_", " ")

    @property
    def blocks(self) -> BlockReason | None:
        """Whether a fiscal task that ends with it stops the queue; PAPER only where the server's settings say so."""
        return _BLOCKS.get(self.number)


_R, _O, _X = Kind.RETRYABLE, Kind.OPERATOR, Kind.REJECTED

_LINK = "Проверьте, что касса включена и подключена, и что её порт не занят другой программой."
_WAIT = "Подождите: касса занята."
_SETUP = "Проверьте настройки подключения кассы в веб-сервере АТОЛ."
_PROGRAM = "Ошибка программы: передайте код ошибки в поддержку."
_MODEL = "Эта модель кассы, её прошивка или лицензии так не умеют."
_DATA = "Проверьте данные чека."
_PAYMENTS = "Проверьте суммы и виды оплат."
_DATE = "Проверьте дату и время на кассе."
_RESUME_REPORT = "Устраните неполадку принтера и продолжите печать."
_PAPER = "Вставьте бумагу и продолжите печать."
_COVER = "Закройте крышку кассы и продолжите печать."
_PRINTER = "Проверьте принтер кассы: крышку, бумагу, отрезчик."
_COOL = "Дайте принтеру остыть."
_SPLIT = "Чек слишком велик: разбейте его."
_CLOSE_SHIFT = "Закройте смену (Z-отчёт) и откройте новую."
_OPEN_SHIFT = "Откройте смену."
_SHIFT_OPEN = "Смена уже открыта: сначала закройте её."
_RECEIPT_OPEN = "Закройте или отмените открытый чек."
_RECEIPT_CLOSED = "Откройте чек."
_CANCEL = "Отмените незавершённый документ и повторите."
_CASH = "Сначала внесите деньги в кассу."
_REGISTER = "Зарегистрируйте кассу."
_SERVICE = "Обратитесь в сервисный центр."
_RESTART = "Выключите и включите кассу; если не пройдёт, обратитесь в сервисный центр."
_DRIVE = "Обратитесь в сервисный центр: фискальный накопитель нужно проверить или заменить."
_REPLACE = "Закройте архив и замените фискальный накопитель."
_NUMBER = "Документа с таким номером нет."
_INTERNET = "Проверьте связь кассы с интернетом."
_SEND = "Восстановите связь с ОФД и дождитесь передачи документов."
_OPERATOR = "Укажите кассира."
_PASSWORD = "Проверьте пароль в настройках подключения кассы."  # noqa: S105 # nosec B105 — words for a person
_MARK = "Проверьте код маркировки: отсканируйте его ещё раз."
_MARK_RUNNING = "Отмените начатую проверку кода маркировки и повторите."
_MARK_REGISTRATION = "Перерегистрируйте кассу с признаком торговли маркированными товарами."
_MARK_QUEUE = "Передайте накопленные уведомления о реализации: проверьте интернет на кассе."
_MARK_SPLIT = "Разделите чек: в одном не больше 128 кодов маркировки."
_MARK_CHECK = "Сначала проверьте код маркировки, потом пробивайте чек."
_KEYS = "Обновите ключи проверки кодов маркировки."
_BEFORE = "Исправьте ошибку предыдущего задания и повторите."
_NOTHING = "Передавать нечего."

_ROWS: Final[tuple[tuple[int, str, str, Kind, str], ...]] = (
    (0, "ok", "Ошибок нет", _X, ""),
    (1, "connection_disabled", "Соединение не установлено", _R, _LINK),
    (2, "no_connection", "Нет связи", _R, _LINK),
    (3, "port_busy", "Порт занят", _R, _LINK),
    (4, "port_not_available", "Порт недоступен", _R, _LINK),
    (5, "incorrect_data", "Некорректные данные от устройства", _R, _LINK),
    (6, "internal", "Внутренняя ошибка библиотеки", _X, _PROGRAM),
    (7, "unsupported_cast", "Неподдерживаемое преобразование типа параметра", _X, _PROGRAM),
    (8, "no_required_param", "Не найден обязательный параметр", _X, _PROGRAM),
    (9, "invalid_settings", "Некорректные настройки", _O, _SETUP),
    (10, "not_configured", "Драйвер не настроен", _O, _SETUP),
    (11, "not_supported", "Не поддерживается в данной версии", _X, _MODEL),
    (12, "invalid_mode", "Не поддерживается в данном режиме", _X, _MODEL),
    (13, "invalid_param", "Некорректное значение параметра", _X, _PROGRAM),
    (14, "not_loaded", "Не удалось загрузить библиотеку", _O, _SETUP),
    (15, "unknown", "Неизвестная ошибка", _X, _PROGRAM),
    (16, "wrong_sum", "Неверная цена (сумма)", _X, _DATA),
    (17, "wrong_quantity", "Неверное количество", _X, _DATA),
    (26, "invalid_command_format", "Неверный формат команды", _X, _PROGRAM),
    (27, "wrong_length", "Неверная длина", _X, _PROGRAM),
    (28, "date_entry", "ККТ заблокирована в режиме ввода даты", _O, _DATE),
    (29, "confirm_date", "Требуется подтверждение ввода даты", _O, _DATE),
    (30, "no_more_data", "Нет больше данных", _X, _PROGRAM),
    (32, "blocked_by_report_interruption", "Отчет о закрытии смены прерван", _O, _RESUME_REPORT),
    (35, "check_clock", "Проверьте дату и время", _O, _DATE),
    (36, "date_time_less_than_fs",
     "Переданные дата/время меньше даты/времени последнего фискального документа", _O, _DATE),
    (40, "receipt_buffer_full", "Переполнение буфера чека", _X, _SPLIT),
    (44, "paper_out", "Нет бумаги", _O, _PAPER),
    (45, "cover_open", "Открыта крышка", _O, _COVER),
    (46, "no_printer", "Нет связи с принтером чеков", _O, _PRINTER),
    (47, "printer_mechanics", "Механическая ошибка печатающего устройства", _O, _PRINTER),
    (52, "noncash_too_much", "Сумма не наличных платежей превышает сумму чека", _X, _PAYMENTS),
    (53, "return_denied", "Накопление меньше суммы возврата или аннулирования", _X, _CASH),
    (55, "unfinished", "Предыдущая операция не завершена", _R, _WAIT),
    (59, "wrong_section", "Неверная секция", _X, _DATA),
    (60, "wrong_payment", "Неверный вид оплаты", _X, _PAYMENTS),
    (61, "product_overflow", "Переполнение при умножении", _X, _PROGRAM),
    (63, "total_overflow", "Переполнение итога чека", _X, _DATA),
    (66, "payment_short", "Чек оплачен не полностью", _X, _DATA),
    (68, "shift_expired", "Смена превысила 24 часа", _O, _CLOSE_SHIFT),
    (71, "wrong_password", "Неверный пароль", _X, _PASSWORD),
    (73, "denied_in_closed_shift", "Смена закрыта - операция невозможна", _X, _OPEN_SHIFT),
    (74, "wrong_table", "Неверный номер таблицы", _X, _PROGRAM),
    (75, "wrong_row", "Неверный номер ряда", _X, _PROGRAM),
    (76, "wrong_field", "Неверный номер поля", _X, _PROGRAM),
    (77, "invalid_date_time", "Неверная дата и/или время", _O, _DATE),
    (79, "change_calculation", "Подсчет суммы сдачи невозможен", _X, _PAYMENTS),
    (80, "not_enough_cash", "В ККТ нет денег для выплаты", _X, _CASH),
    (81, "denied_in_closed_receipt", "Документ закрыт - операция невозможна", _X, _RECEIPT_CLOSED),
    (82, "denied_in_opened_receipt", "Документ открыт - операция невозможна", _X, _RECEIPT_OPEN),
    (83, "shift_open", "Смена открыта, операция невозможна", _X, _SHIFT_OPEN),
    (89, "not_registered", "ККТ не зарегистрирована", _O, _REGISTER),
    (90, "serial_number_not_entered", "Не задан серийный номер", _O, _SERVICE),
    (93, "record_not_found_in_journal", "Данные документа отсутствуют", _X, _NUMBER),
    (95, "reset_wanted", "Требуется выполнение общего гашения", _O, _SERVICE),
    (96, "denied_by_license", "Команда не разрешена введенными кодами защиты / лицензиями ККТ", _X, _MODEL),
    (98, "close_receipt_denied", "Невозможно закрыть чек данным типом оплаты", _X, _PAYMENTS),
    (104, "fiscal_module", "Ошибка обмена с фискальным модулем", _R, _RESTART),
    (105, "maintenance", "Необходимо провести профилактические работы", _O, _SERVICE),
    (106, "shift_mismatch", "Неверные номера смен в ККТ и ФН", _O, _SERVICE),
    (107, "no_such_device", "Нет устройства, обрабатывающего данную команду", _O, _SERVICE),
    (110, "invalid_positions_count", "Недопустимое кол-во позиций в чеке", _X, _SPLIT),
    (113, "fn_activation_denied", "Активация данного ФН в составе данной ККТ невозможна", _O, _DRIVE),
    (114, "head_overheated", "Перегрев головки принтера", _R, _COOL),
    (115, "fn_interface", "Ошибка обмена с ФН на уровне интерфейса I2C", _R, _RESTART),
    (116, "fn_format", "Ошибка формата передачи ФН", _R, _RESTART),
    (117, "fn_wrong_state", "Неверное состояние ФН", _X, _CANCEL),
    (118, "fn_failure", "Неисправимая ошибка ФН", _O, _DRIVE),
    (119, "fn_crypto", "Ошибка КС ФН", _O, _DRIVE),
    (120, "fn_expired", "Закончен срок эксплуатации ФН", _O, _REPLACE),
    (121, "fn_archive_full", "Архив ФН переполнен", _O, _REPLACE),
    (122, "fn_bad_datetime", "В ФН переданы неверная дата или время", _O, _DATE),
    (123, "fn_no_data", "В ФН нет запрошенных данных", _X, _NUMBER),
    (124, "fn_total_overflow", "Переполнение ФН (итог чека)", _X, _SPLIT),
    (125, "buffer_full", "Буфер переполнен", _X, _PROGRAM),
    (130, "wrong_drive", "Неверный номер ФН", _O, _DRIVE),
    (133, "fn_bad_parameter", "Некорректное значение параметров команды ФН", _X, _PROGRAM),
    (134, "fn_tlv_too_large", "Превышение размеров TLV данных ФН", _X, _SPLIT),
    (135, "fn_no_transport", "Нет транспортного соединения ФН", _R, _INTERNET),
    (136, "fn_crypto_exhausted", "Исчерпан ресурс КС ФН", _O, _REPLACE),
    (137, "fn_queue_full", "Ресурс хранения ФД исчерпан", _O, _SEND),
    (138, "fn_ofd_message", "Сообщение от ОФД не может быть принято ФН", _R, _INTERNET),
    (139, "fn_unsent", "В ФН есть неотправленные ФД", _O, _SEND),
    (140, "fn_wait_exhausted", "Исчерпан ресурс ожидания передачи сообщения в ФН", _R, _INTERNET),
    (141, "fn_shift_expired", "Продолжительность смены ФН более 24 часов", _O, _CLOSE_SHIFT),
    (142, "fn_time_gap", "Неверная разница во времени между двумя операциями ФН", _O, _DATE),
    (143, "invalid_taxation_type", "Некорректная СНО", _X, _DATA),
    (144, "invalid_tax_type", "Недопустимый номер ставки налога", _X, _DATA),
    (145, "invalid_commodity_payment_type", "Недопустимый тип оплаты товара", _X, _DATA),
    (146, "invalid_commodity_code_type", "Недопустимый тип кода товара", _X, _DATA),
    (147, "excisable_commodity_denied", "Недопустима регистрация подакцизного товара", _X, _DATA),
    (148, "fiscal_property_write", "Ошибка программирования реквизита", _X, _DATA),
    (150, "cutter_fault", "Ошибка отрезчика", _O, _PRINTER),
    (151, "report_interrupted", "Снятие отчета прервалось", _O, _RESUME_REPORT),
    (158, "fiscal_property_denied", "Неразрешенные реквизиты", _X, _DATA),
    (159, "fn_link", "Ошибка интерфейса ФН", _R, _RESTART),
    (160, "data_duplicate", "Дублирование данных", _X, _DATA),
    (161, "no_required_fiscal_property", "Не указаны обязательные реквизиты", _X, _DATA),
    (162, "fn_read_document", "Ошибка чтения документа из ФН", _R, _RESTART),
    (165, "hard_fault", "Внутренняя ошибка ККТ", _O, _SERVICE),
    (166, "fn_not_found", "ФН не найден", _O, _SERVICE),
    (167, "invalid_agent_fiscal_property", "Невозможно записать реквизит агента", _X, _DATA),
    (172, "no_active_operator", "Кассир не зарегистрирован", _X, _OPERATOR),
    (173, "registration_report_interrupted", "Отчет о регистрации ККТ прерван", _O, _RESUME_REPORT),
    (174, "close_fn_report_interrupted", "Отчет о закрытии ФН прерван", _O, _RESUME_REPORT),
    (175, "open_shift_report_interrupted", "Отчет об открытии смены прерван", _O, _RESUME_REPORT),
    (176, "ofd_exchange_report_interrupted", "Отчет о состоянии расчетов прерван", _O, _RESUME_REPORT),
    (177, "close_receipt_interrupted", "Закрытие чека прервано", _R, _CANCEL),
    (178, "fn_query_interrupted", "Получение документа из ФН прервано", _R, _CANCEL),
    (179, "rtc_fault", "Сбой часов", _O, _DATE),
    (180, "memory_fault", "Сбой памяти", _O, _SERVICE),
    (181, "chip_fault", "Сбой микросхемы", _O, _SERVICE),
    (188, "wait_for_reboot", "Требуется перезагрузка ККТ", _R, _WAIT),
    (189, "no_license", "Подходящие лицензии не найдены", _X, _MODEL),
    (190, "invalid_ffd_version", "Неверная версия ФФД", _X, _MODEL),
    (191, "change_setting_denied", "Параметр доступен только для чтения", _X, _PROGRAM),
    (192, "invalid_nomenclature_type", "Неверный тип кода товара", _X, _DATA),
    (193, "invalid_gtin", "Неверное значение GTIN", _X, _DATA),
    (195, "fiscal_properties_combination", "Недопустимое сочетание реквизитов", _X, _DATA),
    (196, "operator_login", "Не удалось зарегистрировать кассира", _X, _OPERATOR),
    (198, "confirm_clock", "Дата и время не синхронизированы", _O, _DATE),
    (200, "denied_in_opened_doc", "Документ открыт - операция невозможна", _X, _RECEIPT_OPEN),
    (201, "denied_in_closed_doc", "Документ закрыт - операция невозможна", _X, _RECEIPT_CLOSED),
    (203, "need_cancel_document", "Произошла критическая ошибка, документ необходимо отменить", _R, _CANCEL),
    (206, "settings_fault", "Сбой таблицы настроек", _O, _SERVICE),
    (207, "counters_fault", "Сбой счетчиков и регистров ККТ", _O, _SERVICE),
    (210, "attributes_fault", "Сбой реквизитов ККТ", _O, _SERVICE),
    (215, "invalid_fiscal_property_value_1212_1030", "Недопустимое сочетание реквизитов 1212 и 1030", _X, _DATA),
    (216, "invalid_fiscal_property_value_1214", "Некорректный признак способа расчета", _X, _DATA),
    (217, "invalid_fiscal_property_value_1212", "Некорректный признак предмета расчета", _X, _DATA),
    (219, "vat18_vat20_in_receipt",
     "В одном чеке одновременно не может быть позиций с НДС 18% (18/118) и НДС 20% (20/120)", _X, _DATA),
    (224, "archive_closed", "Архив ФН закрыт", _O, _DRIVE),
    (225, "need_registration", "Нужно выполнить регистрацию/перерегистрацию", _O, _REGISTER),
    (227, "invalid_total", "Неверный итог чека", _X, _DATA),
    (228, "marking_code_conflict", "Запрещена одновременная передача КМ и реквизита 1162", _X, _DATA),
    (231, "invalid_excise_sum", "Некорректная сумма акциза", _X, _DATA),
    (235, "invalid_positions_count_with_1162",
     "Кол-во позиций с реквизитом 1162/1163 в автономном режиме превысило разрешенный лимит", _X, _DATA),
    (241, "connection_lost", "Соединение с ККТ потеряно", _R, _LINK),
    (243, "invalid_tax_sum", "Некорректная сумма налога", _X, _DATA),
    (244, "invalid_marking_code_type", "Некорректное значение типа кода маркировки", _X, _MARK),
    (249, "document_cancelled", "Документ был отменен", _R, _CANCEL),
    (265, "excisable_commodity_without_excise", "Подакцизный товар без акциза зарегистрирован в чеке", _X, _DATA),
    (271, "non_printable_char", "Непечатаемые символы в реквизите", _X, _DATA),
    (277, "no_connection_with_print_service", "Отсутствует подключение к сервису печати", _R, _LINK),
    (401, "marking_validation_in_progress", "Процедура проверки КМ уже запущена", _R, _MARK_RUNNING),
    (402, "no_connection_with_server", "Ошибка соединения с сервером", _R, _INTERNET),
    (403, "marking_validation_cancelled", "Процедура проверки КМ прервана", _R, _MARK_RUNNING),
    (404, "invalid_marking_code_status", "Некорректное значение статуса КМ", _X, _MARK),
    (405, "invalid_gs1", "Неверный код GS1", _X, _MARK),
    (406, "marking_work_denied", "Запрещена работа с маркированным товарами", _O, _MARK_REGISTRATION),
    (407, "marking_work_temporary_blocked", "Работа с маркированными товарами временно заблокирована", _O, _MARK_QUEUE),
    (408, "marks_overflow", "Переполнена таблица хранения КМ", _X, _MARK_SPLIT),
    (409, "invalid_marking_code", "Некорректный код маркировки", _X, _MARK),
    (410, "invalid_state", "Неверное состояние", _R, _MARK_RUNNING),
    (411, "ofd_exchange", "Ошибка обмена с сервером ОФД или ИСМ", _R, _INTERNET),
    (412, "invalid_measurement_unit", "Некорректное значение единиц измерения", _X, _MARK),
    (413, "operation_denied_in_current_ffd", "Операция не разрешена в данной версии ФФД", _X, _MODEL),
    (414, "marking_operation_denied",
     "Операция не разрешена, при регистрации не был установлен признак ТМТ", _O, _MARK_REGISTRATION),
    (415, "no_data_to_send", "Нет данных для отправки", _X, _NOTHING),
    (416, "no_marked_position", "Нет маркированных позиций в чеке", _X, _MARK),
    (417, "has_not_send_notices", "Имеются неотправленные уведомления", _O, _SEND),
    (418, "update_keys_required", "Требуется повторное проведение процедуры обновления ключей", _O, _KEYS),
    (419, "update_keys_service", "Ошибка сервиса обновления ключей проверки КМ", _O, _KEYS),
    (420, "mark_not_checked", "КМ не проверен в ФН", _X, _MARK_CHECK),
    (421, "mark_check_timeout_expired", "Истёк таймаут проверки КМ", _R, _INTERNET),
    (422, "no_marking_code_in_table", "Данный КМ отсутствует в таблице", _X, _MARK),
    (423, "marking_check_in_progress", "Выполняется проверка КМ", _R, _MARK_RUNNING),
    (425, "update_keys_timeout", "Истёк таймаут обновления ключей проверки", _R, _INTERNET),
    (426, "property_for_marking_position_only", "Данный реквизит разрешён только для маркированной позиции", _X, _MARK),
    (501, "task_parse", "Ошибка парсинга запроса", _X, _PROGRAM),
    (502, "interrupted", "Выполнение прервано из-за предыдущих ошибок", _X, _BEFORE),
    (503, "driver_script_error", "Ошибка скрипта драйвера", _X, _PROGRAM),
    (504, "no_validator", "Функция проверки задания не найдена", _X, _PROGRAM),
    (601, "remote_busy", "Устройство на сервере удалённого подключения занято другим клиентом", _R, _WAIT),
    (602, "remote_version", "Некорректная версия протокола обмена с сервером удалённого подключения", _X, _PROGRAM),
    (603, "remote_exchange", "Ошибка обмена с сервером удалённого подключения", _R, _WAIT),)  # fmt: skip

ERRORS: Final[Mapping[int, ErrorRow]] = {row[0]: ErrorRow(*row) for row in _ROWS}

OK, CONNECTION_DISABLED, NO_CONNECTION, PORT_BUSY, INCORRECT_DATA = 0, 1, 2, 3, 5
NO_REQUIRED_PARAM, NOT_SUPPORTED, INVALID_PARAM = 8, 11, 13
NO_PAPER, COVER_OPENED, NONCASH_TOO_MUCH, BUSY, NOT_FULLY_PAID = 44, 45, 52, 55, 66
SHIFT_EXPIRED, DENIED_IN_CLOSED_SHIFT, NO_CASH, DENIED_IN_OPENED_RECEIPT, DENIED_IN_OPENED_SHIFT = 68, 73, 80, 82, 83
NOT_REGISTERED, DOCUMENT_NOT_FOUND, FN_EXCHANGE, FN_NO_DATA = 89, 93, 115, 123
INVALID_TAXATION, NO_REQUIRED_PROPERTY, CLOCK_NOT_SET, WRONG_TOTAL, CONNECTION_LOST = 143, 161, 198, 227, 241
MARKING_RUNNING, BAD_MARK, MARKING_STATE, MARK_NOT_CHECKED, CHECK_RUNNING = 401, 409, 410, 420, 423
TASK_PARSE, INTERRUPTED = 501, 502
#: What a server says of itself in `error.code` beside an HTTP status. One independent server's choice (UNCONFIRMED
#: that the vendor's is the same).
REQUEST_ERROR = 505

#: Lists of two independent servers (§3.7), both of which stop the queue: a server that goes on too soon does harm, one
#: that asks the drive once more does none.
_JAVA_SERVER: Final = frozenset({2, 3, 4, 15, *range(115, 123), 124, *range(133, 139), 141, 142, 159})
_NODE_SERVER: Final = frozenset({1, 2, 3, 4, 241, 115, 116, 159, 166, 177, 44, 45, 46, 114})
_OF_LINK: Final = frozenset({1, 2, 3, 4, 15, 241})
_OF_PAPER: Final = frozenset({44, 45, 46, 114})
_BLOCKS: Final[Mapping[int, BlockReason]] = {
    number: BlockReason.CONNECTION
    if number in _OF_LINK
    else BlockReason.PAPER
    if number in _OF_PAPER
    else BlockReason.DRIVE
    for number in sorted(_JAVA_SERVER | _NODE_SERVER)
}


def error(number: int) -> ErrorRow:
    """The row of a number; an unknown one gets a row that says so."""
    known = ERRORS.get(number)
    return known or ErrorRow(number, f"error_{number}", f"Неизвестная ошибка {number}", Kind.REJECTED, _SERVICE)


#: Error number of the drive (`protocols.fn.statuses.Fault`) -> the driver's (atol_wire §5 and §5 here by meaning).
_OF_DRIVE: Final[Mapping[int, int]] = {
    0x01: 133, 0x02: 117, 0x03: 118, 0x04: 119, 0x05: 120, 0x06: 121, 0x07: 122, 0x08: FN_NO_DATA, 0x09: 133,
    0x10: 134, 0x11: 135, 0x12: 136, 0x14: 137, 0x15: 140, 0x16: 141, 0x17: 142, 0x20: 138, 0x32: 414, 0x33: 410,
    0x34: 407, 0x35: 408, 0x3C: NO_REQUIRED_PROPERTY, 0x3E: MARK_NOT_CHECKED,
}  # fmt: skip


def of_drive(number: int) -> int:
    """The driver's number for an error of the drive."""
    return _OF_DRIVE.get(number, FN_EXCHANGE)
