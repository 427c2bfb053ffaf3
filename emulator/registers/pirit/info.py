"""02 and 05: who the register is, and how its parts wear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from emulator.registers.pirit.core import Core, Handlers
from emulator.registers.pirit.registering import mode_of
from emulator.registers.pirit.state import told
from emulator.registers.refusals import Refusal
from emulator.registers.till import CASH, X_REPORTS
from protocols.ffd.enums import FfdVersion
from protocols.pirit import errors
from protocols.pirit.commands import Empty
from protocols.pirit.commands import info as i
from protocols.pirit.commands.replies import FourSums, KopecksReply, MomentReply, NumberReply, TextReply
from protocols.pirit.messages import Texts
from protocols.pirit.models import PAPER_MM

#: x.y.z of firmware that knows ФФД 1.2 and receipts that are not printed.
FIRMWARE: Final = "665.5.6"
_FIRMWARE_ID: Final = 665
_COLUMNS: Final = {0: 42, 1: 56, 2: 64}  # characters of a line by font, on 80 mm
_EXTRA_LINES: Final = 10
_SD_AND_DRIVE: Final = 0x0C
_BATTERY, _SUPPLY, _WARM = 3000, 24000, 30  # mV, mV, °C
#: What one printed thing wears: millimetres of the head.
_MILEAGE: Final = 150


def serial_number(core: Core, request: i.SerialNumber) -> TextReply:
    return TextReply(core.registered.serial)


def inn(core: Core, request: i.Inn) -> TextReply:
    return TextReply(core.registered.inn.strip())


def registration_number(core: Core, request: i.RegistrationNumber) -> TextReply:
    return TextReply(core.registered.registration_number.strip())


def _moment(at: datetime | None) -> MomentReply:
    if at is None:
        raise Refusal(errors.FN_NO_DATA)
    return MomentReply(at)


def last_fiscal_moment(core: Core, request: i.LastFiscalMoment) -> MomentReply:
    return _moment(core.drive.last_at)


def registration_date(core: Core, request: i.RegistrationDate) -> i.DateReply:
    document = core.drive.registration_document
    if document is None:
        raise Refusal(errors.FN_NO_DATA)
    return i.DateReply(document.at.date())


def cash_in_drawer(core: Core, request: i.CashInDrawer) -> KopecksReply:
    return KopecksReply(core.till[CASH])


def next_document(core: Core, request: i.NextDocument) -> NumberReply:
    return NumberReply(core.through + 1)


def registration_shift(core: Core, request: i.RegistrationShift) -> NumberReply:
    """The last shift before the registration."""
    document = core.drive.registration_document
    before = core.drive.documents(1, document.number) if document is not None else ()
    return NumberReply(max((each.shift for each in before), default=0))


def next_x_report(core: Core, request: i.NextXReport) -> NumberReply:
    return NumberReply(core.till[X_REPORTS] + 1)


def operation_counter(core: Core, request: i.OperationCounter) -> TextReply:
    return TextReply(core.operations)


def grand_totals(core: Core, request: i.GrandTotals) -> FourSums:
    return FourSums(tuple(core.drive.totals.get(f"{operation}.1201", 0) for operation in range(1, 5)))


def drive_expiry(core: Core, request: i.DriveExpiry) -> i.DriveExpiryReply:
    resource = core.drive.resource
    if resource.valid_until is None:
        raise Refusal(errors.FN_NO_DATA)
    return i.DriveExpiryReply(
        resource.valid_until, resource.days_left if core.registered.ffd is FfdVersion.V1_2 else None
    )


def paper_width(core: Core, request: i.PaperWidth) -> NumberReply:
    return NumberReply(next(code for code, paper in PAPER_MM.items() if paper in core.model.paper))


def shift_opened(core: Core, request: i.ShiftOpened) -> MomentReply:
    return _moment(core.drive.shift_opened_at)


def line_length(core: Core, request: i.LineLength) -> NumberReply:
    columns = _COLUMNS.get(request.font or 0)
    if columns is None:
        raise core.bad(0)
    return NumberReply(columns)


def model(core: Core, request: i.Model) -> NumberReply:
    return NumberReply(core.model_code)


def taxation(core: Core, request: i.Taxation) -> i.TaxationReply:
    registered = core.registered
    return i.TaxationReply(registered.taxations, *mode_of(registered))


def extra_lines(core: Core, request: i.ExtraLines) -> i.ExtraLinesReply:
    return i.ExtraLinesReply(_EXTRA_LINES, _EXTRA_LINES)


def cuts(core: Core, request: i.Cuts) -> NumberReply:
    return NumberReply(core.memory.papers - core.till["cuts_reset"])


def cuts_forever(core: Core, request: i.CutsForever) -> NumberReply:
    return NumberReply(core.memory.papers)


def reset_cuts(core: Core, request: i.ResetCuts) -> Empty:
    core.till.set("cuts_reset", core.memory.papers)
    return Empty()


def head_mileage(core: Core, request: i.HeadMileage) -> NumberReply:
    return NumberReply((core.memory.papers - core.till["mileage_reset"]) * _MILEAGE)


def head_mileage_forever(core: Core, request: i.HeadMileageForever) -> NumberReply:
    return NumberReply(core.memory.papers * _MILEAGE)


def reset_head_mileage(core: Core, request: i.ResetHeadMileage) -> Empty:
    core.till.set("mileage_reset", core.memory.papers)
    return Empty()


def _says(reply: Texts) -> Callable[[Core, Any], Texts]:
    """The same whatever happens."""
    return lambda core, request: reply


def printer_serial(core: Core, request: i.PrinterSerial) -> TextReply:
    return TextReply(told(core.registered.serial))


HANDLERS: Handlers = {
    i.SerialNumber: serial_number,
    i.FirmwareId: _says(NumberReply(_FIRMWARE_ID)),
    i.Inn: inn,
    i.RegistrationNumber: registration_number,
    i.LastFiscalMoment: last_fiscal_moment,
    i.RegistrationDate: registration_date,
    i.CashInDrawer: cash_in_drawer,
    i.NextDocument: next_document,
    i.RegistrationShift: registration_shift,
    i.NextXReport: next_x_report,
    i.OperationCounter: operation_counter,
    i.GrandTotals: grand_totals,
    i.DriveExpiry: drive_expiry,
    i.FirmwareKind: _says(NumberReply(1)),  # a debug kit: the drive is one
    i.PaperWidth: paper_width,
    i.ShiftOpened: shift_opened,
    i.LineLength: line_length,
    i.SdCid: _says(TextReply("1B534D30303030301012345678015A00")),
    i.SdCsd: _says(TextReply("400E00325B590000EDC87F800A404000")),
    i.Model: model,
    i.Interfaces: _says(NumberReply(_SD_AND_DRIVE)),
    i.Taxation: taxation,
    i.ExtraLines: extra_lines,
    i.Vat20State: _says(NumberReply(1)),
    i.FirmwareVersion: _says(TextReply(FIRMWARE)),
    i.WifiVersion: _says(TextReply("1.0.0")),
    i.SupplyVoltage: _says(NumberReply(_SUPPLY)),
    i.HeadTemperature: _says(NumberReply(_WARM)),
    i.Cuts: cuts,
    i.HeadMileage: head_mileage,
    i.ResetCuts: reset_cuts,
    i.ResetHeadMileage: reset_head_mileage,
    i.BatteryVoltage: _says(NumberReply(_BATTERY)),
    i.CutsForever: cuts_forever,
    i.HeadMileageForever: head_mileage_forever,
    i.PrinterKind: _says(TextReply("EMULATED")),
    i.PrinterBios: _says(TextReply("1.0")),
    i.PrinterSerial: printer_serial,
    i.PrinterBiosDate: _says(TextReply("01.01.2026")),
}
