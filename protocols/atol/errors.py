"""Every error number with what it means, what to do, and whether asking again helps (atol_wire §5).

The meanings of A4J's and TC's tables agree; F2h…F6h are A4J's alone. EEh sends the host to register 55 (`EXTENDED`),
F6h explains itself by the byte after it.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocols.refusals import ErrorRow, Kind

_R, _O, _X = Kind.RETRYABLE, Kind.OPERATOR, Kind.REJECTED

_SERVICE = "Обратитесь в сервисный центр."
_DRIVE_SERVICE = "Обратитесь в сервисный центр: фискальный накопитель нужно проверить или заменить."
_CHECK_DATA = "Проверьте данные чека."
_SPLIT = "Чек слишком велик: разбейте его."
_OVERFLOW = "Сумма слишком велика: разбейте чек или закройте смену."
_CLOSE_SHIFT = "Закройте смену (Z-отчёт) и откройте новую."
_CLOSE_RECEIPT = "Закройте или отмените открытый чек."
_PROGRAM = "Ошибка программы: передайте код ошибки в поддержку."
_CLOCK = "Проверьте часы кассы."
_MODEL = "Эта модель кассы так не умеет."
_PRINTER = "Проверьте принтер кассы: крышку, бумагу, отрезчик."
_NO_REPORT = "Повторять нечего."

_ROWS: tuple[tuple[int, str, str, str, str, Kind], ...] = (
    (0x08, "wrong_sum", "wrong price or sum", "Неверная цена (сумма)", _CHECK_DATA, _X),
    (0x0A, "wrong_quantity", "wrong quantity", "Неверное количество", _CHECK_DATA, _X),
    (0x0B, "cash_overflow", "the counter of cash overflows", "Переполнение счётчика наличности", _OVERFLOW, _X),
    (0x0C, "no_storno", "the last operation cannot be reversed", "Невозможно сторно последней операции",
     _CHECK_DATA, _X),
    (0x0D, "no_storno_by_code", "cannot be reversed by code", "Сторно по коду невозможно", _CHECK_DATA, _X),
    (0x0E, "no_repeat", "the last operation cannot be repeated", "Невозможен повтор последней операции",
     _CHECK_DATA, _X),
    (0x0F, "discount_twice", "a second discount on an operation", "Повторная скидка на операцию невозможна",
     _CHECK_DATA, _X),
    (0x10, "no_discount", "no discount on the operation before", "Скидка на предыдущую операцию невозможна",
     _CHECK_DATA, _X),
    (0x11, "wrong_item_code", "wrong code of goods", "Неверный код товара", _CHECK_DATA, _X),
    (0x12, "wrong_barcode", "wrong barcode", "Неверный штрихкод товара", _CHECK_DATA, _X),
    (0x13, "wrong_format", "wrong format of the command", "Неверный формат", _PROGRAM, _X),
    (0x14, "wrong_length", "wrong length of the command", "Неверная длина", _PROGRAM, _X),
    (0x15, "date_entry", "locked until the date is entered", "ККТ заблокирована в режиме ввода даты",
     "Установите дату и время на кассе.", _O),
    (0x16, "confirm_date", "the date wants to be confirmed", "Требуется подтверждение ввода даты",
     "Повторите ввод той же даты.", _O),
    (0x18, "no_more_data", "no more data", "Нет больше данных для передачи", _PROGRAM, _X),
    (0x19, "not_confirmed", "the sale was neither confirmed nor cancelled", "Нет подтверждения или отмены продажи",
     _CLOSE_RECEIPT, _X),
    (0x1A, "z_interrupted", "a report with reset was interrupted", "Отчёт с гашением прерван",
     "Устраните неполадку принтера и повторите закрытие смены.", _O),
    (0x1B, "cash_control", "cash control cannot be switched off", "Отключение контроля наличности невозможно",
     "Проверьте настройки типов оплаты.", _X),
    (0x1E, "mode_locked", "entering the mode is locked", "Вход в режим заблокирован",
     "Выключите и включите кассу; если не пройдёт, обратитесь в сервисный центр.", _O),
    (0x1F, "check_clock", "check date and time", "Проверьте дату и время", _CLOCK, _O),
    (0x20, "clock_behind_drive", "the clock is behind the fiscal drive", "Дата и время в ККТ меньше, чем в ФН",
     _CLOCK, _O),
    (0x21, "archive_not_closed", "the archive cannot be closed", "Невозможно закрыть архив", _DRIVE_SERVICE, _X),
    (0x3D, "item_not_found", "goods not found", "Товар не найден", _CHECK_DATA, _X),
    (0x3E, "weight_barcode", "a weight barcode with a quantity", "Весовой штрихкод с количеством не 1,000",
     _CHECK_DATA, _X),
    (0x3F, "receipt_buffer_full", "the receipt's buffer is full", "Переполнение буфера чека", _SPLIT, _X),
    (0x40, "too_few_goods", "too few goods", "Недостаточное количество товара", _CHECK_DATA, _X),
    (0x41, "storno_too_large", "more is reversed than was sold", "Сторнируемое количество больше проданного",
     _CHECK_DATA, _X),
    (0x42, "locked_not_found", "locked goods are not in the receipt", "Заблокированный товар не найден в буфере чека",
     _CHECK_DATA, _X),
    (0x43, "not_sold", "these goods are not in the receipt", "Данный товар не продавался в чеке", _CHECK_DATA, _X),
    (0x46, "bad_internal_command", "the drive was given a wrong command", "Неверная команда от ККТ", _PROGRAM, _X),
    (0x66, "wrong_mode", "not in this mode", "Команда не реализуется в данном режиме ККТ",
     "Повторите операцию; если не пройдёт, выключите и включите кассу.", _X),
    (0x67, "no_paper", "no paper, or the printer is not ready for another reason", "Нет бумаги",
     "Вставьте бумагу и закройте крышку; если бумага есть, дайте принтеру остыть.", _O),
    (0x68, "no_printer", "no link with the receipt printer", "Нет связи с принтером чеков", _PRINTER, _O),
    (0x69, "printer_mechanics", "mechanical fault of the printer", "Механическая ошибка печатающего устройства",
     _PRINTER, _O),
    (0x6A, "wrong_receipt_type", "wrong type of receipt", "Неверный тип чека", _CHECK_DATA, _X),
    (0x6B, "no_more_lines", "no more lines of the picture", "Нет больше строк картинки или штрихкода", _PROGRAM, _X),
    (0x6C, "wrong_register", "no such register", "Неверный номер регистра", _MODEL, _X),
    (0x6D, "wrong_target", "not allowed for this device", "Недопустимое целевое устройство", _MODEL, _X),
    (0x6E, "pictures_full", "no room for pictures", "Нет места в массиве картинок", "Очистите память картинок.", _X),
    (0x6F, "no_picture", "no such picture", "Неверный номер картинки или штрихкода", "Загрузите картинку в кассу.", _X),
    (0x70, "storno_of_payment", "more is reversed than was paid by this form", "Сумма сторно больше полученной",
     _CHECK_DATA, _X),
    (0x71, "cashless_exceeds", "cashless payments exceed the total", "Сумма безналичных платежей превышает сумму чека",
     "Проверьте суммы оплат.", _X),
    (0x72, "payment_short", "payments are less than the total", "Сумма платежей меньше суммы чека",
     "Проверьте суммы оплат.", _X),
    (0x73, "accumulator_short", "less was accumulated than is refunded", "Накопление меньше суммы возврата",
     "Сначала внесите деньги в кассу.", _X),
    (0x75, "payments_overflow", "the sum of payments overflows", "Переполнение суммы платежей", _OVERFLOW, _X),
    (0x76, "unfinished", "the operation before is not finished", "Предыдущая операция не завершена",
     "Подождите и повторите.", _R),
    (0x77, "gsm", "fault of the GSM module", "Ошибка GSM-модуля", _SERVICE, _O),
    (0x7A, "unsupported", "this model has no such command", "Данная модель ККТ не может выполнить команду", _MODEL, _X),
    (0x7B, "wrong_discount", "wrong discount or surcharge", "Неверная величина скидки (надбавки)", _CHECK_DATA, _X),
    (0x7C, "after_discount", "not after a discount or surcharge", "Операция после скидки (надбавки) невозможна",
     _CHECK_DATA, _X),
    (0x7D, "wrong_section", "wrong section", "Неверная секция", _CHECK_DATA, _X),
    (0x7E, "wrong_payment", "wrong form of payment", "Неверный вид оплаты",
     "Проверьте виды оплат в настройках кассы.", _X),
    (0x7F, "product_overflow", "price times quantity overflows", "Переполнение при умножении", _OVERFLOW, _X),
    (0x80, "forbidden_by_settings", "forbidden by the settings table", "Операция запрещена в таблице настроек",
     "Проверьте настройки кассы.", _X),
    (0x81, "total_overflow", "the total overflows", "Переполнение итога чека", _OVERFLOW, _X),
    (0x82, "void_open", "a voiding receipt is open", "Открыт чек аннулирования", _CLOSE_RECEIPT, _X),
    (0x84, "journal_full", "the journal's buffer is full", "Переполнение буфера контрольной ленты", _CLOSE_SHIFT, _O),
    (0x86, "client_sum_short", "the client's money is less than the total", "Вносимая клиентом сумма меньше суммы чека",
     "Проверьте суммы оплат.", _X),
    (0x87, "refund_open", "a refund is open", "Открыт чек возврата", _CLOSE_RECEIPT, _X),
    (0x88, "shift_expired", "the shift has lasted 24 hours", "Смена превысила 24 часа", _CLOSE_SHIFT, _O),
    (0x89, "sale_open", "a sale is open", "Открыт чек прихода", _CLOSE_RECEIPT, _X),
    (0x8A, "memory_overflow", "the fiscal memory is full", "Переполнение ФП", _SERVICE, _O),
    (0x8C, "wrong_password", "wrong password", "Неверный пароль", "Проверьте пароль в настройках кассы.", _X),
    (0x8D, "journal_not_full", "the journal's buffer is not full", "Буфер контрольной ленты не переполнен",
     _PROGRAM, _X),
    (0x8E, "journal_busy", "the journal is being worked on", "Идёт обработка контрольной ленты", "Подождите.", _R),
    (0x8F, "reset_already", "was reset already", "Обнулённая касса, повторное гашение невозможно", _SERVICE, _X),
    (0x91, "wrong_table", "no such table", "Неверный номер таблицы", _MODEL, _X),
    (0x92, "wrong_row", "no such row", "Неверный номер ряда", _MODEL, _X),
    (0x93, "wrong_field", "no such field, or a tag that the firmware does not know", "Неверный номер поля",
     "Прошивка кассы не знает этого реквизита: обновите её или уберите реквизит.", _X),
    (0x94, "wrong_date", "wrong date", "Неверная дата", _CLOCK, _X),
    (0x95, "wrong_time", "wrong time", "Неверное время", _CLOCK, _X),
    (0x96, "section_short", "the section's sum is less than the reversal", "Сумма чека по секции меньше суммы сторно",
     _CHECK_DATA, _X),
    (0x97, "change_impossible", "change cannot be computed", "Подсчёт суммы сдачи невозможен", _CHECK_DATA, _X),
    (0x98, "not_enough_cash", "not enough cash for a payout", "В ККТ нет денег для выплаты",
     "Сначала внесите деньги в кассу.", _X),
    (0x9A, "receipt_closed", "the receipt is closed", "Чек закрыт, операция невозможна", "Откройте чек.", _X),
    (0x9B, "receipt_open", "a receipt is open", "Чек открыт, операция невозможна", _CLOSE_RECEIPT, _X),
    (0x9C, "shift_open", "the shift is open", "Смена открыта, операция невозможна", "Закройте смену.", _X),
    (0x9E, "serial_set", "the serial number is set already", "Заводской номер уже задан", _SERVICE, _X),
    (0x9F, "registrations_spent", "no re-registrations are left", "Исчерпан лимит перерегистраций", _DRIVE_SERVICE, _X),
    (0xA2, "wrong_shift", "wrong number of shift", "Неверный номер смены", _CHECK_DATA, _X),
    (0xA3, "wrong_report", "wrong type of report", "Неверный тип отчёта", _PROGRAM, _X),
    (0xA4, "bad_password", "a password that is not allowed", "Недопустимый пароль", "Проверьте пароль.", _X),
    (0xA5, "bad_serial", "a serial number that is not allowed", "Недопустимый заводской номер ККТ", _SERVICE, _X),
    (0xA6, "bad_registration_number", "wrong registration number", "Недопустимый РНМ", _SERVICE, _X),
    (0xA7, "bad_inn", "wrong INN", "Недопустимый ИНН", "Проверьте ИНН.", _X),
    (0xA8, "not_registered", "the register is not fiscalised", "ККТ не фискализирована", "Зарегистрируйте кассу.", _O),
    (0xA9, "no_serial", "no serial number", "Не задан заводской номер", _SERVICE, _O),
    (0xAA, "no_reports", "no reports", "Нет отчётов", _NO_REPORT, _X),
    (0xAB, "mode_inactive", "the mode is not active", "Режим не активизирован", _SERVICE, _X),
    (0xAC, "no_receipt_in_journal", "no such receipt in the journal", "Нет указанного чека в КЛ", _CHECK_DATA, _X),
    (0xAD, "journal_end", "no more records in the journal", "Нет больше записей КЛ", _NO_REPORT, _X),
    (0xAE, "bad_protection", "wrong protection code or number", "Некорректный код защиты", _SERVICE, _X),
    (0xAF, "buffer_empty", "no data in the buffer", "Отсутствуют данные в буфере ККТ", _NO_REPORT, _X),
    (0xB0, "reset_wanted", "a general reset is wanted", "Требуется выполнение общего гашения", _SERVICE, _O),
    (0xB1, "not_licensed", "not allowed by the licence codes", "Команда не разрешена введёнными кодами защиты",
     "Введите код лицензии этой возможности.", _X),
    (0xB2, "no_discount_undo", "the discount cannot be undone", "Невозможна отмена скидки (надбавки)", _CHECK_DATA, _X),
    (0xB3, "payment_not_closing", "cannot be closed by this form of payment",
     "Невозможно закрыть чек этим типом оплаты",
     "Проверьте виды оплат.", _X),
    (0xB4, "wrong_route", "wrong route", "Неверный номер маршрута", _CHECK_DATA, _X),
    (0xB5, "wrong_start_zone", "wrong first zone", "Неверный номер начальной зоны", _CHECK_DATA, _X),
    (0xB6, "wrong_end_zone", "wrong last zone", "Неверный номер конечной зоны", _CHECK_DATA, _X),
    (0xB7, "wrong_tariff_type", "wrong type of tariff", "Неверный тип тарифа", _CHECK_DATA, _X),
    (0xB8, "wrong_tariff", "wrong tariff", "Неверный тариф", _CHECK_DATA, _X),
    (0xBA, "fiscal_module", "exchange with the fiscal module failed", "Ошибка обмена с фискальным модулем",
     "Выключите и включите кассу; если не пройдёт, обратитесь в сервисный центр.", _O),
    (0xBE, "maintenance", "maintenance is due", "Необходимо провести профилактические работы", _SERVICE, _O),
    (0xBF, "shift_mismatch", "shift numbers of register and drive differ", "Неверные номера смен в ККТ и ФН",
     _SERVICE, _O),
    (0xC8, "no_such_device", "no device for this command", "Нет устройства, обрабатывающего данную команду",
     _MODEL, _X),
    (0xC9, "no_external_device", "no link with the external device", "Нет связи с внешним устройством",
     "Проверьте внешнее устройство.", _R),
    (0xCA, "pump_state", "the fuel pump is in a wrong state", "Ошибочное состояние ТРК", _SERVICE, _O),
    (0xCB, "one_item_only", "more than one item", "Больше одной регистрации в чеке", _CHECK_DATA, _X),
    (0xCC, "wrong_pump", "wrong fuel pump", "Ошибочный номер ТРК", _CHECK_DATA, _X),
    (0xCD, "wrong_divider", "wrong divider", "Неверный делитель", _PROGRAM, _X),
    (0xD0, "drive_not_accepted", "this drive cannot be activated here",
     "Активизация данного ФН в данной ККТ невозможна",
     _DRIVE_SERVICE, _O),
    (0xD1, "head_overheated", "the print head is overheated", "Перегрев головки принтера",
     "Дайте принтеру остыть.", _R),
    (0xD2, "fn_interface", "exchange with the drive failed", "ФН: ошибка обмена на уровне интерфейса",
     "Выключите и включите кассу.", _R),
    (0xD3, "fn_format", "wrong format of the drive's answer", "ФН: ошибка формата передачи",
     "Выключите и включите кассу.", _R),
    (0xD4, "fn_wrong_state", "wrong state of the drive", "ФН: неверное состояние",
     "Отмените открытый документ и повторите.", _X),
    (0xD5, "fn_failure", "the drive is broken", "ФН: неисправимая ошибка", _DRIVE_SERVICE, _O),
    (0xD6, "fn_crypto", "the drive's coprocessor failed", "ФН: ошибка криптографического сопроцессора",
     _DRIVE_SERVICE, _O),
    (0xD7, "fn_expired", "the drive's term is over", "ФН: закончен срок эксплуатации",
     "Замените фискальный накопитель.", _O),
    (0xD8, "fn_archive_full", "the drive's archive is full", "ФН: архив переполнен",
     "Закройте архив и замените фискальный накопитель.", _O),
    (0xD9, "fn_bad_datetime", "the drive refused date or time", "ФН: неверные дата или время", _CLOCK, _O),
    (0xDA, "fn_no_data", "the drive has no such data", "ФН: нет запрошенных данных",
     "Документа с таким номером в накопителе нет.", _X),
    (0xDB, "fn_total_overflow", "the drive's total overflows", "ФН: переполнение итога чека", _OVERFLOW, _X),
    (0xDC, "buffer_full", "a buffer is full", "Буфер переполнен", _SPLIT, _X),
    (0xDD, "no_second_copy", "no second fiscal copy", "Невозможно напечатать вторую фискальную копию", _PROGRAM, _X),
    (0xDE, "journal_reset", "the electronic journal wants a reset", "Требуется гашение ЭЖ", _CLOSE_SHIFT, _O),
    (0xDF, "tax_too_large", "the tax exceeds the sum", "Сумма налога больше суммы регистраций", _CHECK_DATA, _X),
    (0xE0, "tax_impossible", "no tax on the last operation", "Начисление налога на последнюю операцию невозможно",
     _CHECK_DATA, _X),
    (0xE1, "wrong_drive", "wrong number of the drive", "Неверный номер ФН", _DRIVE_SERVICE, _O),
    (0xE4, "tax_storno", "more tax is reversed than registered", "Сумма сторно налога больше суммы налога",
     _CHECK_DATA, _X),
    (0xE5, "sd_card", "fault of the memory card", "Ошибка SD", _SERVICE, _O),
    (0xE6, "low_power", "too little power", "Операция невозможна, недостаточно питания", "Зарядите кассу.", _O),
    (0xE7, "fn_bad_parameter", "the drive refused a parameter", "ФН: некорректное значение параметров",
     _CHECK_DATA, _X),
    (0xE8, "fn_tlv_too_large", "the TLV data are too large", "ФН: превышение размеров TLV данных", _SPLIT, _X),
    (0xE9, "fn_no_transport", "the drive has no transport connection", "ФН: нет транспортного соединения",
     "Проверьте связь кассы с интернетом.", _R),
    (0xEA, "fn_crypto_exhausted", "the coprocessor's resource is spent", "ФН: исчерпан ресурс криптопроцессора",
     "Замените фискальный накопитель.", _O),
    (0xEB, "fn_queue_full", "too many documents wait for the OFD", "ФН: исчерпан ресурс хранения документов для ОФД",
     "Восстановите связь с ОФД.", _O),
    (0xEC, "fn_ofd_message", "the drive refused the OFD's message", "ФН: сообщение от ОФД не может быть принято",
     "Обратитесь к оператору ОФД.", _X),
    (0xED, "fn_unsent", "documents were not sent yet", "ФН: есть неотправленные документы",
     "Дождитесь передачи документов в ОФД.", _O),
    (0xEE, "extended", "see register 55", "Расширенный код ошибки в регистре 55", _PROGRAM, _X),
    (0xEF, "fn_wait_exhausted", "documents were not sent for too long", "ФН: исчерпан ресурс ожидания передачи в ОФД",
     "Восстановите связь с ОФД.", _O),
    (0xF0, "fn_shift_expired", "the drive's shift has lasted 24 hours", "ФН: смена длится более 24 часов",
     _CLOSE_SHIFT, _O),
    (0xF1, "fn_time_gap", "wrong time between two operations", "ФН: неверная разница во времени между операциями",
     _CLOCK, _O),
    (0xF2, "bad_command", "wrong command", "Неверная команда", _PROGRAM, _X),
    (0xF3, "item_limit", "too many items", "Количество позиций превысило разрешённый лимит", _SPLIT, _X),
    (0xF4, "missing_data", "the command lacks data", "Отсутствуют данные в команде", _PROGRAM, _X),
    (0xF5, "excise", "excise goods", "Продажа подакцизного товара",
     "Перерегистрируйте кассу с признаком торговли подакцизным товаром.", _X),
    (0xF6, "receipt_too_large", "the receipt is too large", "Превышение максимального размера чека", _SPLIT, _X),
)  # fmt: skip

ERRORS: Mapping[int, ErrorRow] = {row[0]: ErrorRow(*row) for row in _ROWS}

#: The byte after F6h.
_OF_F6: tuple[tuple[int, str, str, str, str, Kind], ...] = (
    (1, "bad_document_version", "wrong version of the document format", "Некорректная версия ФД", _PROGRAM, _X),
    (3, "internal", "internal fault of the register", "Внутренняя ошибка ККТ", "Выключите и включите кассу.", _O),
    (4, "read_only", "the parameter can only be read", "Параметр доступен только для чтения", _PROGRAM, _X),
)
OF_F6: Mapping[int, ErrorRow] = {row[0]: ErrorRow(*row) for row in _OF_F6}

#: Register 55 after EEh (TC). 0206h brings the missing tag (LOG).
_EXTENDED: tuple[tuple[int, str, str, str, str, Kind], ...] = (
    (0x0101, "correction_one_item", "a correction takes one item only", "В чеке коррекции допустима одна позиция",
     "Разбейте коррекцию: одна позиция в чеке.", _X),
    (0x0102, "autonomous_ten_items", "an autonomous register takes ten items with product codes",
     "В автономном режиме не более 10 позиций с кодом товара", _SPLIT, _X),
    (0x0103, "wrong_taxation", "wrong taxation", "Некорректная СНО", "Проверьте систему налогообложения.", _X),
    (0x0104, "wrong_tax", "wrong tax rate number", "Недопустимый номер ставки налога", "Проверьте ставку НДС.", _X),
    (0x0105, "wrong_method", "wrong payment method of an item", "Недопустимый тип оплаты товара",
     "Проверьте признак способа расчёта.", _X),
    (0x0106, "wrong_code_type", "wrong type of product code", "Недопустимый тип кода товара",
     "Проверьте код товара.", _X),
    (0x0107, "excise_forbidden", "excise goods are not allowed", "Недопустима регистрация подакцизного товара",
     "Перерегистрируйте кассу с признаком торговли подакцизным товаром.", _X),
    (0x0108, "discount_with_tax", "no discount where the tax of a unit is given",
     "При передаче налога на единицу скидки запрещены", _CHECK_DATA, _X),
    (0x0109, "discount_printed", "no discount where one is given for printing",
     "При передаче скидки для печати регистрация скидки запрещена", _CHECK_DATA, _X),
    (0x010A, "other_taxation", "the item's taxation is not the receipt's", "СНО позиции отличается от СНО чека",
     "Все позиции чека должны иметь одну систему налогообложения.", _X),
    (0x0201, "tag_written", "the tag was written already", "Реквизит уже был записан в чеке", _PROGRAM, _X),
    (0x0202, "tags_forbidden", "tags cannot be written in this state of the drive",
     "Программирование реквизитов запрещено в данном режиме ФН", _DRIVE_SERVICE, _X),
    (0x0203, "tag_not_changeable", "the tag cannot be changed for a re-registration",
     "Реквизит недопустимо перепрограммировать", _PROGRAM, _X),
    (0x0204, "tag_change", "the tag cannot change like this", "Недопустимое изменение состояния реквизита",
     _PROGRAM, _X),
    (0x0205, "tag_combination", "tags that exclude each other", "Недопустимое сочетание реквизитов", _CHECK_DATA, _X),
    (0x0206, "tag_missing", "a required tag is missing", "Не задан необходимый реквизит", _CHECK_DATA, _X),
    (0x0207, "no_item_begun", "an item's tag before EAh", "Позиция не начата", _PROGRAM, _X),
    (0x0208, "item_begun", "a receipt's tag after EAh", "Начато формирование позиции", _PROGRAM, _X),
    (0x0209, "tag_printed", "the tag is on paper already", "Реквизит уже напечатан", _PROGRAM, _X),
    (0x020A, "tags_full", "the buffer of tags is full", "Переполнен буфер реквизитов", _SPLIT, _X),
    (0x020B, "wrong_reason", "wrong reason of re-registration (1205)", "Некорректный код причины перерегистрации",
     "Проверьте причину перерегистрации.", _X),
    (0x0301, "report_interrupted", "printing of a fiscal report was interrupted",
     "Печать фискального отчёта прервана", "Устраните неполадку принтера и допечатайте отчёт.", _O),
    (0x0302, "fn_fatal", "the drive is broken", "Неисправимая ошибка ФН", _DRIVE_SERVICE, _O),
    (0x0303, "reading_interrupted", "reading a document from the drive was interrupted",
     "Получение документа из ФН прервано", "Повторите чтение.", _R),
)  # fmt: skip
EXTENDED: Mapping[int, ErrorRow] = {row[0]: ErrorRow(*row) for row in _EXTENDED}


def describe(number: int, extra: int = 0) -> ErrorRow:
    """The row of an error number; one that no source knows is refused for good, with its number in the text."""
    known = (OF_F6.get(extra) if number == RECEIPT_TOO_LARGE else None) or ERRORS.get(number)
    return known or _unknown(number, f"atol_{number:02x}", f"Ошибка кассы {number:02X}h")


def describe_extended(code: int) -> ErrorRow:
    """The row of a code in register 55."""
    return EXTENDED.get(code) or _unknown(code, f"atol_ee_{code:04x}", f"Ошибка кассы EEh, код {code:04X}h")


def _unknown(number: int, code: str, text_ru: str) -> ErrorRow:
    return ErrorRow(number, code, f"error {number:02X}h", text_ru, _SERVICE, Kind.REJECTED)


# Names for the numbers that code has to compare with or raise.
WRONG_SUM = 0x08
WRONG_QUANTITY = 0x0A
WRONG_FORMAT = 0x13
WRONG_LENGTH = 0x14
CONFIRM_DATE = 0x16
Z_INTERRUPTED = 0x1A
MODE_LOCKED = 0x1E
RECEIPT_BUFFER_FULL = 0x3F
WRONG_MODE = 0x66
NO_PAPER = 0x67
WRONG_RECEIPT_TYPE = 0x6A
WRONG_REGISTER = 0x6C
CASHLESS_EXCEEDS = 0x71
PAYMENT_SHORT = 0x72
UNFINISHED = 0x76
UNSUPPORTED = 0x7A
SHIFT_EXPIRED = 0x88
WRONG_PASSWORD = 0x8C
WRONG_TABLE, WRONG_ROW, WRONG_FIELD = 0x91, 0x92, 0x93
WRONG_DATE, WRONG_TIME = 0x94, 0x95
NOT_ENOUGH_CASH = 0x98
RECEIPT_CLOSED = 0x9A
RECEIPT_OPEN = 0x9B
SHIFT_OPEN = 0x9C
NOT_REGISTERED = 0xA8
NO_REPORTS = 0xAA
FN_WRONG_STATE = 0xD4
FN_NO_DATA = 0xDA
SEE_REGISTER_55 = 0xEE
FN_SHIFT_EXPIRED = 0xF0
RECEIPT_TOO_LARGE = 0xF6
TAG_MISSING = 0x0206

#: Refusals after which a document may be in the drive all the same: the printer stopped, or the exchange with the drive
#: did. TC reads the state again after each refusal of 92h and 4Ah; nothing is sent again before the drive was asked.
UNCERTAIN = frozenset({0x67, 0x68, 0x69, 0x76, 0xBA, 0xD1, 0xD2, 0xD3, 0xE6})

#: The drive's own numbers (`protocols.fn.statuses`' list) under which the register tells them. Derived from the texts.
OF_DRIVE: Mapping[int, int] = {
    0x01: 0xE7, 0x02: 0xD4, 0x03: 0xD5, 0x04: 0xD6, 0x05: 0xD7, 0x06: 0xD8, 0x07: 0xD9, 0x08: 0xDA, 0x09: 0xE7,
    0x10: 0xE8, 0x11: 0xE9, 0x12: 0xEA, 0x14: 0xEB, 0x15: 0xEF, 0x16: 0xF0, 0x17: 0xF1, 0x20: 0xEC,
}  # fmt: skip


def of_drive(number: int) -> int:
    """The number under which a register tells an error of its drive; one without a number of its own is BAh."""
    return OF_DRIVE.get(number, 0xBA)
