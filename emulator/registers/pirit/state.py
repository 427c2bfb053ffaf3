"""Status, why something was refused, beginning of work, settings and clock: 00, 04, 06, 10…14."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from emulator.registers.pirit.core import BEGIN, Core, Handlers, Remark
from emulator.registers.pirit.tables import VAT_NAMES, VAT_PERCENTS, vat_rows
from emulator.registers.refusals import Refusal
from protocols.ffd.enums import DocumentCode
from protocols.fn.statuses import Phase
from protocols.pirit import errors, extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands import state as s
from protocols.pirit.commands.replies import MomentReply, NumberReply, TextReply
from protocols.pirit.fields import ENCODING
from protocols.pirit.settings import SETTINGS, Setting
from protocols.pirit.statuses import DriveBlock, Flag, Printer

#: A host's clock that is so near is taken over, one that is further off is told to be (10).
NEAR: Final = timedelta(minutes=8)
_DAY: Final = timedelta(hours=24)
_ORGANISATION: Final = 30
_REGISTRATION_LINES: Final = range(4)  # two of the name, two of the address
_LINE: Final = 44


def told(text: str) -> str:
    """As much of a text as the line's character set has."""
    return text.encode(ENCODING, "replace").decode(ENCODING)


def status(core: Core, request: s.Status) -> s.StatusReply:
    drive, flags = core.drive, Flag(0)
    if not core.begun:
        flags |= Flag.WORK_NOT_BEGUN
    if drive.registration is None:
        flags |= Flag.NOT_FISCAL | Flag.DRIVE_NOT_REGISTERED
    if drive.shift_open:
        flags |= Flag.SHIFT_OPEN
    if drive.shift_expired:
        flags |= Flag.SHIFT_EXPIRED
    if drive.phase in {Phase.CLOSING, Phase.CLOSED}:
        flags |= Flag.ARCHIVE_CLOSED
    if _shift_end_broken(core):
        flags |= Flag.SHIFT_END_BROKEN
    return s.StatusReply(0, int(flags), core.document())


def _shift_end_broken(core: Core) -> bool:
    return core.unprinted is not None and core.unprinted.code is DocumentCode.SHIFT_CLOSE


def printer_status(core: Core, request: s.PrinterStatus) -> NumberReply:
    state = Printer(0)
    if not core.printer.paper_present:
        state |= Printer.NO_PAPER | Printer.NOT_READY
    if core.printer.cover_open:
        state |= Printer.COVER_OPEN | Printer.NOT_READY
    return NumberReply(int(state))


def extended_error(core: Core, request: s.ExtendedError) -> s.ExtendedErrorReply:
    if not core.model.error_texts:
        return s.ExtendedErrorReply(core.why)
    return s.ExtendedErrorReply(core.why, told(extended.extended(core.why).text_ru))


def drive_blocks(core: Core, request: s.DriveBlocks) -> NumberReply:
    blocks = DriveBlock(0)
    if _shift_end_broken(core):
        blocks |= DriveBlock.SHIFT_END_BROKEN
    if not core.drive.resource.documents_left:
        blocks |= DriveBlock.FULL
    return NumberReply(int(blocks))


def begin_work(core: Core, request: s.BeginWork) -> Empty | Remark:
    """A lost clock takes what the host says. UNCONFIRMED: no source tells of a dead battery."""
    last = core.drive.last_at
    if last is not None and request.at < last:
        raise Refusal(errors.CLOCK_BEFORE_LAST)
    now = core.now().replace(tzinfo=None)
    far = abs(now - request.at) > NEAR
    core.begun = True
    if core.memory.clock_lost:
        core.clock.set(request.at)
        core.clock.told(BEGIN)
    elif far:
        return Remark(errors.CLOCK_DIFFERS)
    else:
        core.clock.set(request.at)
    return Empty()


def read_clock(core: Core, request: s.ReadClock) -> MomentReply:
    return MomentReply(core.now().replace(tzinfo=None, microsecond=0))


def write_clock(core: Core, request: s.WriteClock) -> Empty:
    last = core.drive.last_at
    if last is not None and request.at < last:
        raise Refusal(errors.CLOCK_BEFORE_LAST)
    now: datetime = core.now().replace(tzinfo=None)
    if request.at - now > _DAY and not core.step_confirmed:
        core.step_confirmed = True
        raise Refusal(errors.SHIFT_EXPIRED)
    core.step_confirmed = False
    core.clock.set(request.at)
    core.clock.told(BEGIN)
    return Empty()


def _setting(core: Core, number: int, index: int) -> Setting:
    """Refusal 03 for one that this register does not have."""
    setting = SETTINGS.get(number)
    if setting is None or not setting.lines & core.model.line or not _has(core, setting, index):
        raise core.bad(extended.NONE)
    return setting


def _has(core: Core, setting: Setting, index: int) -> bool:
    if setting.number in {VAT_NAMES, VAT_PERCENTS}:
        return index < len(vat_rows(core.quirks))
    return index in setting.indexes


def _value(core: Core, number: int, index: int) -> str:
    """What the VAT table and the registration say wins over what was written."""
    if number in {VAT_NAMES, VAT_PERCENTS}:
        row = vat_rows(core.quirks)[index]
        return row.name if number == VAT_NAMES else f"{row.percent}.00"
    registered = core.drive.registration
    if registered is not None:
        name, address = registered.user_name, registered.address
        known = {
            70: registered.machine_number,
            71: registered.ofd_inn,
            81: registered.ofd_name,
            82: registered.sender_email,
            83: registered.tax_site,
            85: registered.place,
        }
        if number == _ORGANISATION and index in _REGISTRATION_LINES:
            return (name[:_LINE], name[_LINE:], address[:_LINE], address[_LINE:])[index]
        if number in known:
            return known[number]
    return core.setting(number, index)


def read_setting(core: Core, request: s.ReadSetting) -> TextReply:
    _setting(core, request.setting, request.index)
    return TextReply(told(_value(core, request.setting, request.index)))


def write_setting(core: Core, request: s.WriteSetting) -> Empty:
    """Name and address are taken without an error and stay what they were registered as."""
    setting = _setting(core, request.setting, request.index)
    if setting.read_only:
        raise core.bad(38)
    if not setting.holds(request.value):
        raise core.bad(extended.NONE)
    core.memory.write(request.setting, request.index, request.value)
    return Empty()


HANDLERS: Handlers = {
    s.Status: status,
    s.PrinterStatus: printer_status,
    s.ExtendedError: extended_error,
    s.DriveBlocks: drive_blocks,
    s.BeginWork: begin_work,
    s.ReadSetting: read_setting,
    s.WriteSetting: write_setting,
    s.ReadClock: read_clock,
    s.WriteClock: write_clock,
}
