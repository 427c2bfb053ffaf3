"""State, identification, modes, clock, power."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Final

from emulator.registers.atol import settings
from emulator.registers.atol.core import DATE, TIME, Core, Handlers
from emulator.registers.refusals import Refusal
from emulator.registers.till import CASH
from protocols.atol import errors
from protocols.atol.commands import Empty, encode_error, service, state
from protocols.atol.fields import bcd_bytes
from protocols.atol.models import MODELS
from protocols.atol.statuses import ADMIN, SYSTEM, Flag, Mode, Port, PrinterFlag, ReceiptType
from protocols.fn.statuses import Phase

PROTOCOL: Final = 3
REGISTER_TYPE: Final = 1
VERSION: Final = (3, 0, 0)
#: UNCONFIRMED: the lowest user of a mode. Factory passwords are the users' numbers.
LOWEST: Final[Mapping[Mode, int]] = {
    Mode.CHOICE: 1,
    Mode.REGISTRATION: 1,
    Mode.X_REPORTS: 1,
    Mode.Z_REPORTS: 1,
    Mode.PROGRAMMING: ADMIN,
    Mode.ACCESS_FP: ADMIN,
    Mode.ACCESS_DRIVE: ADMIN,
    Mode.EXTRA: ADMIN,
}
_CPU, _BUILD = 1, 0x91
#: 9Dh: parts that have a version: processor, fiscal memory, boot loader.
_SOURCES: Final = frozenset({_CPU, 2, 3, _BUILD})
_CLOCK_BEHIND: Final = 0x20
_A_DAY: Final = 1
_NEVER: Final = 10.0**9


def _digits(value: int, size: int) -> int:
    """As many digits as the field shows."""
    return int(value % 100**size)


def get_state(core: Core, request: state.GetState) -> state.GetStateReply:
    drive, draft = core.drive, core.draft
    flags = {
        Flag.REGISTERED: drive.registration is not None,
        Flag.SHIFT_OPEN: drive.shift_open,
        Flag.PAPER: core.printer.paper_present,
        Flag.COVER_OPEN: core.printer.cover_open,
        Flag.DRIVE_ACTIVE: drive.phase is Phase.FISCAL,
    }
    return state.GetStateReply(
        cashier=core.user,
        hall=settings.value(core, 2, 1, 1)[0],
        at=core.now().replace(tzinfo=None, microsecond=0),
        flags=sum(flag for flag, is_set in flags.items() if is_set),
        serial=_digits(core.serial, 4),
        model=core.model,
        firmware=f"{VERSION[0]}{VERSION[1]}",
        state=core.told_state(),
        receipt=_digits(drive.receipt, 2),
        shift=_digits(max(0, drive.shift - int(drive.shift_open)), 2),
        receipt_state=ReceiptType.CLOSED if draft is None else draft.kind,
        sum=0 if draft is None else _digits(draft.total, 5),
        decimals=2,
        port=Port.ETHERNET,
    )


def get_state_code(core: Core, request: state.GetStateCode) -> state.GetStateCodeReply:
    flags = {
        PrinterFlag.NO_PAPER: not core.printer.paper_present,
        PrinterFlag.MECHANICAL: core.printer.cover_open,
    }
    return state.GetStateCodeReply(core.told_state(), sum(flag for flag, is_set in flags.items() if is_set))


def _build(core: Core) -> int:
    return MODELS[core.model].build


def get_device_type(core: Core, request: state.GetDeviceType) -> state.GetDeviceTypeReply:
    major, minor, language = VERSION
    model = MODELS[core.model]
    return state.GetDeviceTypeReply(
        PROTOCOL, REGISTER_TYPE, core.model, 0, major, minor, language, model.build, model.name
    )


def get_version(core: Core, request: state.GetVersion) -> state.GetVersionReply:
    if request.source not in _SOURCES:
        raise Refusal(errors.WRONG_FORMAT)
    build = bcd_bytes(_build(core), 2)
    return state.GetVersionReply(build if request.source == _BUILD else bytes(VERSION) + build)


def get_last_error(core: Core, request: state.GetLastError) -> bytes:
    return encode_error(None, *core.last_error)


def get_cash(core: Core, request: state.GetCash) -> state.GetCashReply:
    return state.GetCashReply(core.till[CASH])


def get_shift_totals(core: Core, request: state.GetShiftTotals) -> state.GetShiftTotalsReply:
    """UNCONFIRMED: sales less their refunds, and purchases less theirs."""
    totals = core.drive.shift_totals
    income, returned, outcome, recovered = (totals.get(f"{operation}.1201", 0) for operation in range(1, 5))
    return state.GetShiftTotalsReply(max(0, income - returned), max(0, outcome - recovered))


def enter_mode(core: Core, request: state.EnterMode) -> Empty:
    """UNCONFIRMED: from mode 0 alone; TC leaves a mode before it enters another."""
    if request.mode not in LOWEST:
        raise Refusal(errors.WRONG_FORMAT)
    mode = Mode(request.mode)
    if "free-modes" not in core.quirks:
        if core.draft is not None:
            raise Refusal(errors.RECEIPT_OPEN)
        if core.mode not in {Mode.CHOICE, mode}:
            raise Refusal(errors.WRONG_MODE)
    if not LOWEST[mode] <= request.password <= SYSTEM:
        raise Refusal(errors.WRONG_PASSWORD)
    core.mode, core.user = mode, request.password
    return Empty()


def leave_mode(core: Core, request: state.LeaveMode) -> Empty:
    if core.draft is not None and "free-modes" not in core.quirks:
        raise Refusal(errors.RECEIPT_OPEN)
    core.mode = Mode.CHOICE
    return Empty()


def _set(core: Core, wall: datetime, *told: str) -> Empty:
    last = core.drive.last_at
    if last is not None and wall < last and not core.memory.clock_lost:
        raise Refusal(_CLOCK_BEHIND)
    core.clock.set(wall)
    for word in told:
        core.clock.told(word)
    core.date_to_confirm = None
    return Empty()


def set_date(core: Core, request: service.SetDate) -> Empty:
    """A jump of a day or more ahead wants the same date once more: 16h."""
    if request.date is None:
        raise Refusal(errors.WRONG_DATE)
    now = core.now()
    if (request.date - now.date()).days >= _A_DAY and core.date_to_confirm != request.date:
        core.date_to_confirm = request.date
        raise Refusal(errors.CONFIRM_DATE)
    return _set(core, datetime.combine(request.date, now.time()), DATE)


def set_time(core: Core, request: service.SetTime) -> Empty:
    moment: time = request.time
    return _set(core, datetime.combine(core.now().date(), moment), TIME)


def set_clock(core: Core, request: service.SetClock) -> Empty:
    if request.at is None:
        raise Refusal(errors.WRONG_DATE)
    return _set(core, request.at, DATE, TIME)


def power(core: Core, request: service.Power) -> Empty:
    """The answer goes with the power; off is until somebody switches it on."""
    if request.action not in {service.POWER_OFF, service.REBOOT}:
        raise Refusal(errors.WRONG_FORMAT)
    if core.restart is not None:
        core.restart(service.REBOOT_TIME if request.action == service.REBOOT else _NEVER)
    return Empty()


HANDLERS: Handlers = {
    state.GetState: get_state,
    state.GetStateCode: get_state_code,
    state.GetDeviceType: get_device_type,
    state.GetVersion: get_version,
    state.GetLastError: get_last_error,
    state.GetCash: get_cash,
    state.GetShiftTotals: get_shift_totals,
    state.EnterMode: enter_mode,
    state.LeaveMode: leave_mode,
    service.SetDate: set_date,
    service.SetTime: set_time,
    service.SetClock: set_clock,
    service.Power: power,
}
