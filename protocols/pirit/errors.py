"""Every error number: what it means, what to do, whether asking again helps, and what a driver may conclude.

Numbers from 41 on are the drive's own plus 40h, but 4A…4F (drive 0A…0F) and 61…64 (the register's exchange with it).
Error 01 and 03 have an extended code behind 06/1: `extended`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from protocols.refusals import ErrorRow, Kind


class Conclusion(Enum):
    """What became of the command."""

    UNREAD = "unread"  # the frame was not taken: nothing was executed
    STATE = "state"  # refused for the state of register or document: nothing was executed
    DATA = "data"  # refused for what was asked: nothing was executed
    PRINTER = "printer"  # the printer stopped; a document may be in the drive already: ask status 00
    DRIVE = "drive"  # the drive refused its part: compare its last document before anything is sent again
    DONE = "done"  # executed, with a remark
    BROKEN = "broken"  # the register blocks itself: see status 00


@dataclass(frozen=True, slots=True)
class Row(ErrorRow):
    """Of an error number: what its refusal proves besides."""

    conclusion: Conclusion


_R, _O, _X = Kind.RETRYABLE, Kind.OPERATOR, Kind.REJECTED
_UNREAD, _STATE, _DATA = Conclusion.UNREAD, Conclusion.STATE, Conclusion.DATA
_PRINTER, _DRIVE = Conclusion.PRINTER, Conclusion.DRIVE

_SERVICE = "Обратитесь в сервисный центр."
_REPLACE = "Закройте смену и архив ФН и замените фискальный накопитель."
_POWER = "Выключите и включите кассу; если не пройдёт, обратитесь в сервисный центр."
_CHECK = "Проверьте данные чека."
_PROGRAM = "Ошибка программы: передайте код ошибки в поддержку."
_SHIFT = "Закройте смену (Z-отчёт) и откройте новую."
_OFD = "Восстановите связь кассы с ОФД и дождитесь передачи документов."
_CABLE = "Проверьте, подключён ли фискальный накопитель; если да, обратитесь в сервисный центр."
_CANCEL = "Отмените открытый документ и повторите."

_ROWS: tuple[tuple[int, str, str, str, str, Kind, Conclusion], ...] = (
    (0x01, "wrong_state", "not possible in this state (06/1 tells why)",
     "Функция невыполнима при данном статусе", "Проверьте состояние смены и документа.", _X, _STATE),
    (0x02, "unknown_command", "unknown command", "Неизвестная команда", "Эта модель кассы так не умеет.", _X, _UNREAD),
    (0x03, "bad_parameters", "bad format or parameter (06/1 tells which)",
     "Некорректный формат или параметр команды", _CHECK, _X, _DATA),
    (0x04, "buffer_overflow", "overflow of the port's buffer", "Переполнение буфера порта", _PROGRAM, _R, _UNREAD),
    (0x05, "byte_timeout", "silence inside a frame", "Таймаут при передаче байта",
     "Проверьте кабель кассы.", _R, _UNREAD),
    (0x06, "wrong_password", "wrong password of the link", "Неверный пароль связи",
     "Проверьте пароль связи в настройках.", _O, _UNREAD),
    (0x07, "wrong_checksum", "wrong checksum of a request", "Ошибка контрольной суммы команды",
     "Проверьте кабель кассы.", _R, _UNREAD),
    (0x08, "no_paper", "out of paper", "Конец бумаги", "Вставьте чековую ленту.", _O, _PRINTER),
    (0x09, "printer_not_ready", "printer is not ready", "Принтер не готов",
     "Закройте крышку, проверьте бумагу и резчик.", _O, _PRINTER),
    (0x0A, "shift_expired", "shift is longer than 24 hours, or the clock would step by more",
     "Смена больше 24 часов или часы переводятся больше чем на 24 часа", _SHIFT, _O, _STATE),
    (0x0B, "clock_differs", "work has begun, but the clocks differ by more than 8 minutes",
     "Часы кассы отличаются больше чем на 8 минут",
     "Закройте смену и установите часы кассы: она работает по своему времени.", _O, Conclusion.DONE),
    (0x0C, "clock_before_last", "the date is before the last fiscal operation",
     "Дата раньше последней фискальной операции", "Проверьте дату на компьютере и на кассе.", _O, _STATE),
    # Rejected, not held: a job that waited for money would keep away the sales and the cash-in that bring it.
    (0x0E, "not_enough_cash", "a counter would become negative", "Недостаточно денег в кассе",
     "Внесите деньги (cash-in) и повторите.", _X, _DATA),
    (0x0F, "close_shift_first", "the shift must be closed first", "Сначала нужно закрыть смену",
     "Закройте смену.", _X, _STATE),
    (0x10, "no_journal_data", "no data in the journal", "Нет данных в журнале", "Запрошенных данных нет.", _X, _DATA),
    (0x11, "control_tape", "control tape fault", "Ошибка контрольной ленты", _SERVICE, _O, Conclusion.BROKEN),
    (0x12, "ofd_sending", "sending to the OFD failed", "Ошибка посылки данных в ОФД", _OFD, _R, _STATE),
    (0x13, "update_failed", "fatal fault of an update", "Критическая ошибка обновления",
     _SERVICE, _O, Conclusion.BROKEN),
    (0x20, "fatal", "fatal fault (status 00 tells which)", "Фатальная ошибка кассы", _POWER, _O, Conclusion.BROKEN),
    (0x41, "fn_unknown_command", "drive: bad format of a command", "ФН: некорректный формат команды",
     _PROGRAM, _X, _DRIVE),
    (0x42, "fn_wrong_state", "drive: wrong state", "ФН: неверное состояние", _CANCEL, _X, _DRIVE),
    (0x43, "fn_failure", "drive: failure", "ФН: отказ накопителя", _POWER, _O, _DRIVE),
    (0x44, "fn_crypto_failure", "drive: crypto coprocessor failure", "ФН: отказ криптографического сопроцессора",
     _POWER, _O, _DRIVE),
    (0x45, "fn_expired", "drive: its time is over", "ФН: истёк срок эксплуатации", _REPLACE, _O, _DRIVE),
    (0x46, "fn_archive_full", "drive: full", "ФН: переполнен", _REPLACE, _O, _DRIVE),
    (0x47, "fn_bad_datetime", "drive: wrong date or time", "ФН: неверные дата или время",
     "Проверьте часы кассы.", _O, _DRIVE),
    (0x48, "fn_no_data", "drive: no such data", "ФН: запрошенных данных нет",
     "Документа с таким номером в накопителе нет.", _X, _DRIVE),
    (0x49, "fn_bad_parameter", "drive: bad value of a parameter", "ФН: некорректное значение параметра",
     _CHECK, _X, _DRIVE),
    (0x4A, "fn_bad_command", "drive: wrong command", "ФН: некорректная команда", _PROGRAM, _X, _DRIVE),
    (0x4B, "fn_own_data", "drive: was sent data that it forms itself", "ФН: переданы данные, которые формирует ФН",
     _PROGRAM, _X, _DRIVE),
    (0x4C, "fn_duplicate_data", "drive: data was sent twice", "ФН: данные уже были переданы в этом документе",
     _CANCEL, _X, _DRIVE),
    (0x4D, "fn_missing_data", "drive: data it needs is missing", "ФН: отсутствуют данные, необходимые для учёта",
     _CHECK, _X, _DRIVE),
    (0x4E, "fn_too_many_items", "drive: too many items", "ФН: слишком много позиций в документе",
     "Чек слишком велик: разбейте его.", _X, _DRIVE),
    (0x50, "fn_tlv_too_large", "drive: TLV too large", "ФН: превышен размер данных",
     "Чек слишком велик: разбейте его.", _X, _DRIVE),
    (0x51, "fn_no_transport", "drive: no connection", "ФН: нет транспортного соединения",
     "Проверьте связь кассы с интернетом.", _R, _DRIVE),
    (0x52, "fn_crypto_exhausted", "drive: crypto resource is used up", "ФН: исчерпан ресурс криптопроцессора",
     _REPLACE, _O, _DRIVE),
    (0x54, "fn_queue_full", "drive: no room for documents to the OFD", "ФН: исчерпан ресурс хранения для ОФД",
     _OFD, _O, _DRIVE),
    (0x55, "fn_ofd_overdue", "drive: the oldest document to the OFD is over 30 days old",
     "ФН: документы не переданы в ОФД более 30 дней", _OFD, _O, _DRIVE),
    (0x56, "fn_shift_expired", "drive: shift is longer than 24 hours", "ФН: смена длится более 24 часов",
     _SHIFT, _O, _DRIVE),
    (0x57, "fn_time_gap", "drive: time differs by over 5 minutes from its own", "ФН: неверная разница во времени",
     "Проверьте часы кассы.", _O, _DRIVE),
    (0x58, "fn_bad_requisite", "drive: bad attribute", "ФН: некорректный реквизит", _CHECK, _X, _DRIVE),
    (0x59, "fn_registration_mismatch", "drive: attribute differs from the registration",
     "ФН: реквизит не соответствует регистрации", "Проверьте систему налогообложения и признаки регистрации.",
     _X, _DRIVE),
    (0x60, "fn_ofd_message_refused", "drive: bad message of the OFD", "ФН: неверное сообщение от ОФД",
     "Обратитесь к оператору ОФД.", _X, _DRIVE),
    (0x61, "fn_silent", "no link to the drive", "Нет связи с ФН", _CABLE, _O, _DRIVE),
    (0x62, "fn_exchange", "exchange with the drive failed", "Ошибка обмена с ФН", _CABLE, _O, _DRIVE),
    (0x63, "fn_command_too_long", "a command is too long for the drive", "Слишком длинная команда для ФН",
     "Чек слишком велик: разбейте его.", _X, _DRIVE),
    (0x64, "fn_key_update_unknown", "unknown answer of the key server", "Неизвестный ответ сервера обновления ключей",
     _SERVICE, _X, _DRIVE),
    (0x72, "fn_marking_forbidden", "drive: not registered for marked goods",
     "ФН: работа с маркированным товаром запрещена регистрацией",
     "Перерегистрируйте кассу с признаком торговли маркированным товаром.", _X, _DRIVE),
    (0x73, "fn_marking_sequence", "drive: wrong order of marking commands",
     "ФН: нарушена последовательность команд маркировки", "Повторите проверку кода маркировки.", _X, _DRIVE),
    (0x74, "fn_marking_blocked", "drive: marking is blocked until notifications are sent",
     "ФН: работа с маркированным товаром временно заблокирована",
     "Проверьте интернет у кассы и дождитесь передачи уведомлений о реализации, затем повторите чек.", _X, _DRIVE),
    (0x75, "fn_marking_full", "drive: the table of checked codes is full",
     "ФН: переполнена таблица проверенных кодов маркировки",
     "Не больше 128 кодов в одном чеке: разбейте чек.", _X, _DRIVE),
    (0x7C, "fn_missing_requisites", "drive: attributes are missing in TLV",
     "ФН: в блоке TLV нет необходимых реквизитов", _CHECK, _X, _DRIVE),
    (0x7E, "fn_unchecked_code", "drive: a code was never checked", "ФН: код маркировки не прошёл проверку",
     "Проверьте код маркировки ещё раз.", _X, _DRIVE),
)  # fmt: skip

ERRORS: Mapping[int, Row] = {row[0]: Row(*row) for row in _ROWS}


def describe(number: int) -> Row:
    """The row of an error number. Of one that no source knows nothing can be concluded: as if the drive had refused."""
    known = ERRORS.get(number)
    if known is not None:
        return known
    detail, text = f"unknown error {number:02X}h", f"Ошибка кассы {number:02X}h"
    return Row(number, f"pirit_{number:02x}", detail, text, _SERVICE, _X, _DRIVE)


# Names for the numbers that code has to compare with or raise.
WRONG_STATE = 0x01
UNKNOWN_COMMAND = 0x02
BAD_PARAMETERS = 0x03
BUFFER_OVERFLOW = 0x04
BYTE_TIMEOUT = 0x05
WRONG_PASSWORD = 0x06
WRONG_CHECKSUM = 0x07
NO_PAPER = 0x08
PRINTER_NOT_READY = 0x09
SHIFT_EXPIRED = 0x0A
CLOCK_DIFFERS = 0x0B
CLOCK_BEFORE_LAST = 0x0C
NOT_ENOUGH_CASH = 0x0E
CLOSE_SHIFT_FIRST = 0x0F
FATAL = 0x20
FN_WRONG_STATE = 0x42
FN_NO_DATA = 0x48
FN_SILENT = 0x61

_OWN = 0x40


def of_drive(number: int) -> int:
    """The number under which a register tells an error of its drive."""
    return _OWN + number


def is_of_drive(number: int) -> bool:
    """Whether an error is the fiscal drive's, or of the exchange with it."""
    return number > _OWN
