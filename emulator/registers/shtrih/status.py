"""Who the register is and how it feels: 10h, 11h, FCh, F7h, 6Bh and the service commands."""

from __future__ import annotations

from datetime import date

from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import CASHCORE, Core, Handlers
from emulator.registers.shtrih.ledger import counter
from emulator.registers.shtrih.printer import flags
from protocols.shtrih import errors, registers, tables
from protocols.shtrih.commands import Empty, OperatorReply
from protocols.shtrih.commands.state import (
    Beep,
    DeviceType,
    DeviceTypeReply,
    ErrorText,
    ErrorTextReply,
    GetExchange,
    GetExchangeReply,
    LongStatus,
    LongStatusReply,
    ModelParameters,
    ModelParametersReply,
    Service,
    ServiceReply,
    SetExchange,
    ShortStatus,
    ShortStatusReply,
    StartTestRun,
    StopTestRun,
    TechnologicalReset,
)
from protocols.shtrih.statuses import Capability

MODEL = 250
MODEL_NAME = "ШТРИХ-М-01Ф"
CASHCORE_MODEL = (20, "ЯРУС М2100Ф")
FIRMWARE = int.from_bytes(b"C3", "little")
BUILD = 664
FIRMWARE_DATE = date(2026, 1, 21)
BATTERY = 0x80
SUPPLY = 0xD8
TCP = 128
MAX_REGISTRATIONS = 12
_SHIFT_OPEN_FLAG, _EXPIRED_FLAG = 0x40, 0x80

CAPABILITIES = (
    Capability.COVER_SENSOR
    | Capability.CUTTER
    | Capability.NON_FISCAL
    | Capability.PROTOCOL_V2
    | Capability.PRINT_RESULT
    | Capability.ERROR_TEXT
    | Capability.FISCAL_DRIVE
    | Capability.END_DOCUMENT
    | Capability.FFD_1_1
    | Capability.CORRECTION_RECEIPT
    | Capability.EXTENDED_ERROR_TEXT
    | Capability.EXTENDED_ANSWERS
    | Capability.AUTO_CANCEL
)

_BAUD_CODES = range(10)
_PING, _REBOOT, _GRAND_TOTALS = 0xF2, 0xF3, 0xF4
#: Group 0 of F4h, the only one known here: 1201 of the drive's whole life by operation (javapos_shtrih; UNCONFIRMED).
_BY_OPERATION = bytes(4)


def short_status(core: Core, request: ShortStatus, operator: int) -> ShortStatusReply:
    operations = len(core.draft.items) if core.draft else 0
    return ShortStatusReply(
        operator=operator,
        flags=int(flags(core.printer)),
        mode=core.mode_byte(),
        submode=int(core.submode()),
        operations_low=operations & 0xFF,
        battery=BATTERY,
        supply=SUPPLY,
        memory_error=0,
        journal_error=0,
        operations_high=operations >> 8,
        reserved_1=0,
        reserved_2=0,
        reserved_3=0,
        print_result=_print_result(core),
    )


def _print_result(core: Core) -> int:
    if core.printer.busy:
        return 5
    return 1 if core.printer.interrupted else 0


def long_status(core: Core, request: LongStatus, operator: int) -> LongStatusReply:
    drive, registration, now = core.drive, core.drive.registration, core.now()
    serial = _digits(registration.serial if registration else "", 4)
    inn = _digits(registration.inn if registration else "", 6)
    shift = (_SHIFT_OPEN_FLAG if drive.shift_open else 0) | (_EXPIRED_FLAG if drive.shift_expired else 0)
    return LongStatusReply(
        operator=operator,
        firmware=FIRMWARE,
        build=BUILD,
        firmware_date=FIRMWARE_DATE,
        hall=int(core.memory.setting(1, 1, 1)),
        document=counter(core.till, registers.DOCUMENT_NUMBER),
        flags=int(flags(core.printer)),
        mode=core.mode_byte(),
        submode=int(core.submode()),
        port=TCP,
        memory_version=FIRMWARE,
        memory_build=BUILD,
        memory_date=FIRMWARE_DATE,
        date=now.date(),
        time=now.time().replace(microsecond=0),
        memory_flags=shift | 1,
        serial=serial,
        last_closed_shift=drive.shift - 1 if drive.shift_open else drive.shift,
        free_records=min(drive.resource.documents_left, 0xFFFF),
        registrations=drive.registrations_done,
        registrations_left=drive.resource.registrations_left,
        inn=inn,
        memory_flags_high=None,
        memory_mode=None,
        serial_high=None,
    )


def _digits(text: str, size: int) -> int | None:
    """A number field that holds FFh where the text does not fit (its whole form is in table 18)."""
    value = int(text) if text.isdigit() else -1
    return value if 0 <= value < (1 << 8 * size) - 1 else None


def device_type(core: Core, request: DeviceType, operator: int) -> DeviceTypeReply:
    model, name = CASHCORE_MODEL if CASHCORE in core.quirks else (MODEL, MODEL_NAME)
    return DeviceTypeReply(0, 0, 1, 14, model, 0, name)


def model_parameters(core: Core, request: ModelParameters, operator: int) -> ModelParametersReply:
    if request.type != 1:
        raise Refusal(errors.BAD_FOR_MODEL)
    cashcore = CASHCORE in core.quirks
    return ModelParametersReply(
        flags=int(CAPABILITIES | Capability.CASHCORE if cashcore else CAPABILITIES),
        font1_width=12,
        font2_width=24,
        first_graphics_line=1,
        inn_digits=12,
        registration_digits=16,
        long_registration_digits=16,
        long_serial_digits=16,
        inspector_password=0,
        system_password=30,
        bluetooth_table=0,
        tax_mode_field=0,
        max_command=255,
        graphics_line=40,
        graphics512_line=64,
        graphics512_lines=1200,
        fn_table=tables.STORAGE,
        ofd_table=tables.OFD,
        embedded_table=24,
        ffd_table=None if cashcore else tables.FFD[0],
        ffd_field=None if cashcore else tables.FFD[1],
    )


def beep(core: Core, request: Beep, operator: int) -> OperatorReply:
    return OperatorReply(operator)


def error_text(core: Core, request: ErrorText, operator: int) -> ErrorTextReply:
    number = int.from_bytes(request.number, "little") if request.number else core.last_error
    if len(request.number) not in {0, 1, 4}:
        raise Refusal(errors.BAD_LENGTH)
    return ErrorTextReply(errors.describe(number & 0xFF).text_ru if number else "Ошибок нет")


def set_exchange(core: Core, request: SetExchange, operator: int) -> Empty:
    if request.port == TCP:
        port = request.baud >> 4 << 12 | 3 << 4 | request.baud & 0x0F
        core.memory.set(*tables.TCP_PORT[:1], 1, tables.TCP_PORT[1], port)
    elif request.baud not in _BAUD_CODES:
        raise Refusal(errors.BAD_PARAMETERS)
    else:
        core.memory.baud = request.baud
    core.memory.byte_timeout = request.timeout
    return Empty()


def get_exchange(core: Core, request: GetExchange, operator: int) -> GetExchangeReply:
    return GetExchangeReply(core.memory.baud, core.memory.byte_timeout)


def start_test_run(core: Core, request: StartTestRun, operator: int) -> OperatorReply:
    core.test_run = True
    core.printer.text(["ТЕСТОВЫЙ ПРОГОН", "center"])
    return OperatorReply(operator)


def stop_test_run(core: Core, request: StopTestRun, operator: int) -> OperatorReply:
    core.test_run = False
    return OperatorReply(operator)


def service(core: Core, request: Service, operator: int) -> ServiceReply:
    """F2h answers; F3h restarts the register, which drops an open document; F4h with group 0 tells grand totals."""
    if request.action == _GRAND_TOTALS:
        if request.data != _BY_OPERATION:
            raise Refusal(errors.BAD_PARAMETERS)
        totals = core.drive.totals
        return ServiceReply(b"".join(totals.get(f"{sign}.1201", 0).to_bytes(8, "little") for sign in range(1, 5)))
    if request.action == _REBOOT:
        core.drop_draft()
        core.begun_tags.clear()
        core.non_fiscal = core.test_run = False
    elif request.action != _PING:
        raise Refusal(errors.UNSUPPORTED)
    return ServiceReply(b"")


def technological_reset(core: Core, request: TechnologicalReset, operator: int) -> Empty:
    """Allowed in mode 9 only, after damaged memory, which never comes about here."""
    raise Refusal(errors.WRONG_MODE)


HANDLERS: Handlers = {
    ShortStatus: short_status,
    LongStatus: long_status,
    DeviceType: device_type,
    ModelParameters: model_parameters,
    Beep: beep,
    ErrorText: error_text,
    SetExchange: set_exchange,
    GetExchange: get_exchange,
    StartTestRun: start_test_run,
    StopTestRun: stop_test_run,
    Service: service,
    TechnologicalReset: technological_reset,
}
