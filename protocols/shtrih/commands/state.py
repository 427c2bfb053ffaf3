"""§3.1, §3.4: state, exchange, clock, identification and service commands."""

from __future__ import annotations

from protocols.shtrih.commands.base import Access, Bare, Empty, OperatorReply, Request, row
from protocols.shtrih.wire import DateDmy, Hms, InnOrNone, SerialOrNone, Tail
from protocols.wire import U8, U16, U32, U64, MaybeU8, MaybeU16, Message, Rest, message


@message
class DumpStart(Request["DumpStartReply"]):
    device: U8


@message
class DumpStartReply(Message):
    blocks: U16


@message
class DumpBlock(Request["DumpBlockReply"]):
    pass


@message
class DumpBlockReply(Message):
    device: U8
    block: U16
    data: Rest


@message
class DumpStop(Request[Empty]):
    pass


@message
class ShortStatus(Request["ShortStatusReply"]):
    pass


@message
class ShortStatusReply(Message):
    """§5.1. The FN-era texts drop the two legacy error bytes but keep the length, and drivers still read them."""

    operator: U8
    flags: U16
    mode: U8
    submode: U8
    operations_low: U8
    battery: U8
    supply: U8
    memory_error: U8
    journal_error: U8
    operations_high: U8
    reserved_1: U8
    reserved_2: U8
    reserved_3: U8
    print_result: MaybeU8  # model bit 34: 0 ok, 1 paper break, 2 printer error, 5 printing

    @property
    def operations(self) -> int:
        """Operations in the open receipt."""
        return self.operations_low | self.operations_high << 8


@message
class LongStatus(Request["LongStatusReply"]):
    pass


@message
class LongStatusReply(Message):
    """§5.2: LEN 48, 50 or 52. `inn` is a little-endian integer, `firmware` two characters ("C3" is C.3)."""

    operator: U8
    firmware: U16
    build: U16
    firmware_date: DateDmy
    hall: U8
    document: U16
    flags: U16
    mode: U8
    submode: U8
    port: U8
    memory_version: U16
    memory_build: U16
    memory_date: DateDmy
    date: DateDmy
    time: Hms
    memory_flags: U8
    serial: SerialOrNone
    last_closed_shift: U16
    free_records: U16
    registrations: U8
    registrations_left: U8
    inn: InnOrNone
    memory_flags_high: MaybeU8
    memory_mode: MaybeU8
    serial_high: MaybeU16

    @property
    def firmware_text(self) -> str:
        """The version as people write it: "C.3"."""
        raw = self.firmware.to_bytes(2, "little").decode("cp1251", "replace")
        return f"{raw[0]}.{raw[1]}"


@message
class Beep(Request[OperatorReply]):
    pass


@message
class SetExchange(Request[Empty]):
    port: U8
    baud: U8
    timeout: U8


@message
class GetExchange(Request["GetExchangeReply"]):
    port: U8


@message
class GetExchangeReply(Message):
    baud: U8
    timeout: U8


@message
class TechnologicalReset(Bare[Empty]):
    pass


@message
class StartTestRun(Request[OperatorReply]):
    period: U8


@message
class StopTestRun(Request[OperatorReply]):
    pass


@message
class SetDecimalPoint(Request[Empty]):
    position: U8


@message
class SetTime(Request[Empty]):
    time: Hms


@message
class SetDate(Request[Empty]):
    date: DateDmy


@message
class ConfirmDate(Request[Empty]):
    date: DateDmy


@message
class GeneralClear(Request[Empty]):
    pass


@message
class EnterSerial(Request[Empty]):
    number: U32


@message
class ErrorText(Bare["ErrorTextReply"]):
    """Empty: the last error; one byte: a classic number; four bytes: an extended one (model bit 49)."""

    number: Rest


@message
class ErrorTextReply(Message):
    text: Tail


@message
class SetServicePassword(Bare[Empty]):
    old: U32
    new: U32


@message
class ModelParameters(Bare["ModelParametersReply"]):
    type: U8


@message
class ModelParametersReply(Message):
    """§3.4; the tail from `graphics512_line` on is optional."""

    flags: U64
    font1_width: U8
    font2_width: U8
    first_graphics_line: U8
    inn_digits: U8
    registration_digits: U8
    long_registration_digits: U8
    long_serial_digits: U8
    inspector_password: U32
    system_password: U32
    bluetooth_table: U8
    tax_mode_field: U8
    max_command: U16
    graphics_line: U8
    graphics512_line: MaybeU8
    graphics512_lines: MaybeU16
    fn_table: MaybeU8
    ofd_table: MaybeU8
    embedded_table: MaybeU8
    ffd_table: MaybeU8
    ffd_field: MaybeU8


@message
class DeviceType(Bare["DeviceTypeReply"]):
    pass


@message
class DeviceTypeReply(Message):
    type: U8
    subtype: U8
    protocol: U8
    protocol_minor: U8
    model: U8
    language: U8
    name: Tail


@message
class SendToPort(Request[OperatorReply]):
    port: U8
    data: Rest


@message
class Service(Bare["ServiceReply"]):
    """FEh, undocumented and model-specific (UNCONFIRMED): F3h reboot, F2h ping, EBh/ECh versions, F0h chip id."""

    action: U8
    data: Rest


@message
class ServiceReply(Message):
    data: Rest


ROWS = (
    row(0x01, "dump_start", "Запрос дампа", DumpStart, DumpStartReply, access=Access.SYSTEM),
    row(0x02, "dump_block", "Запрос данных", DumpBlock, DumpBlockReply, access=Access.SYSTEM),
    row(0x03, "dump_stop", "Прерывание выдачи данных", DumpStop, Empty, access=Access.SYSTEM),
    row(0x10, "short_status", "Короткий запрос состояния", ShortStatus, ShortStatusReply, timeout=3.0),
    row(0x11, "long_status", "Запрос состояния", LongStatus, LongStatusReply, timeout=3.0),
    row(0x13, "beep", "Гудок", Beep, OperatorReply),
    row(0x14, "set_exchange", "Установка параметров обмена", SetExchange, Empty, access=Access.SYSTEM),
    row(0x15, "get_exchange", "Чтение параметров обмена", GetExchange, GetExchangeReply, access=Access.SYSTEM),
    row(
        0x16,
        "technological_reset",
        "Технологическое обнуление",
        TechnologicalReset,
        Empty,
        timeout=60.0,
        access=Access.NONE,
    ),
    row(0x19, "start_test_run", "Тестовый прогон", StartTestRun, OperatorReply),
    row(0x2B, "stop_test_run", "Прерывание тестового прогона", StopTestRun, OperatorReply),
    row(0x20, "set_decimal_point", "Положение десятичной точки", SetDecimalPoint, Empty, access=Access.SYSTEM),
    row(0x21, "set_time", "Программирование времени", SetTime, Empty, access=Access.SYSTEM),
    row(0x22, "set_date", "Программирование даты", SetDate, Empty, access=Access.SYSTEM),
    row(0x23, "confirm_date", "Подтверждение даты", ConfirmDate, Empty, access=Access.SYSTEM),
    row(0x27, "general_clear", "Общее гашение", GeneralClear, Empty, access=Access.SYSTEM),
    row(0x60, "enter_serial", "Ввод заводского номера", EnterSerial, Empty, access=Access.NONE),
    row(0x6B, "error_text", "Возврат названия ошибки", ErrorText, ErrorTextReply, access=Access.NONE),
    row(
        0xF3,
        "set_service_password",
        "Установка пароля ЦТО",
        SetServicePassword,
        Empty,
        access=Access.NONE,
    ),
    row(
        0xF7,
        "model_parameters",
        "Расширенный запрос: параметры модели",
        ModelParameters,
        ModelParametersReply,
        access=Access.NONE,
    ),
    row(0xFC, "device_type", "Получить тип устройства", DeviceType, DeviceTypeReply, access=Access.NONE),
    row(0xFD, "send_to_port", "Управление портом дополнительного устройства", SendToPort, OperatorReply),
    row(0xFE, "service", "Сервисная команда", Service, ServiceReply, access=Access.NONE),
)
