"""79: codes are checked, kept or dropped, put into the next item; notifications are handed to the host."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from emulator.fiscal_drive import DriveError
from emulator.fiscal_drive.checks import Check
from emulator.fiscal_drive.notifications import StoredNotification
from emulator.marking.verdicts import CHECKED, PLANNED, POSITIVE
from emulator.registers.marking import Heard, Online, ask
from emulator.registers.pirit.core import Core, Handlers, Remark
from emulator.registers.refusals import Refusal
from protocols.ffd.enums import Measure
from protocols.ffd.tlv import Element
from protocols.fn.statuses import Fault
from protocols.marking import Kind, read
from protocols.pirit import errors, extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands import marking as m
from protocols.pirit.commands.drive import HexReply
from protocols.pirit.commands.replies import NumberReply, TextReply
from protocols.pirit.fields import Part

_BAD_CODE: Final = 81
_UNCHECKED: Final = 0x7E
_OFD_MESSAGE_REFUSED: Final = 0x60
_MEASURES: Final = frozenset(measure.code for measure in Measure)
_KEY_SERVER: Final = 93
#: Fill percent up to which the warning is 0, 1, 2, 3; 4 is full.
_FILL: Final = (49, 80, 90, 99)
#: Step of the check -> commands of the drive that may come next (as FF70 of Shtrih-M tells the same byte).
_PERMITTED: Final = (0xE4, 0xE5, 0x16, 0x26, 0x06)
#: Where a container has its checksum.
_CHECKSUM: Final = slice(2, 4)


def marking_state(core: Core, request: m.MarkingState) -> m.MarkingStateReply:
    marking = core.drive.marking
    marking.require()
    items = core.draft.items if core.draft is not None else ()
    included = sum(item.flags is not None for item in items)
    return m.MarkingStateReply(
        int(marking.step),
        int(bool(included)),
        _PERMITTED[int(marking.step)],
        len(marking.table),
        included,
        sum(marking.fill > limit for limit in _FILL),
    )


def check_code(core: Core, request: m.CheckCode) -> Any:
    """The marking system is asked unless the drive found the code wrong, and then too when the host insists."""
    if not request.code or request.planned not in PLANNED or request.mode or request.unit not in _MEASURES:
        raise core.bad(_BAD_CODE)
    measure = core.fitting(_measure(core, request), 46)
    check = core.drive.marking.begin(request.code, request.planned, request.mode, measure)
    if check.local & (CHECKED | POSITIVE) == CHECKED and not request.insist:
        return _checked(Heard(check, Online.NOT_ASKED))
    return ask(core, check, _checked)


def _measure(core: Core, request: m.CheckCode) -> list[Element]:
    """What measured and partial goods add."""
    if isinstance(request.quantity, Part):
        if request.unit:
            raise core.bad(46)
        parts = (Element(1293, request.quantity.sold), Element(1294, request.quantity.of))
        return [Element(2108, 0), Element(1023, Decimal(1)), Element(1291, parts)]
    return [Element(2108, request.unit), Element(1023, request.quantity)] if request.unit else []


def _checked(heard: Heard) -> m.CheckCodeReply:
    check, answer = heard.check, heard.check.answer
    if answer is None or heard.online is not Online.TAKEN:
        return m.CheckCodeReply(check.flags, int(check.reason))
    return m.CheckCodeReply(check.flags, int(check.reason), answer.result, answer.outcome, answer.status)


def decide_code(core: Core, request: m.DecideCode) -> NumberReply:
    return NumberReply(core.drive.marking.decide(accept=bool(request.keep)))


def clear_codes(core: Core, request: m.ClearCodes) -> Empty:
    core.drive.marking.require()
    core.drive.marking.clear()
    return Empty()


def attach_code(core: Core, request: m.AttachCode) -> Empty:
    """What was checked and kept; the result of the check is the drive's, whatever the host says of it."""
    draft = core.open_draft()
    core.drive.marking.require()
    check = core.drive.marking.checked(request.code)
    if check is None:
        raise Refusal(_UNCHECKED)
    if request.unit != _unit(check):
        raise core.bad(extended.NONE)
    draft.attached = check.code, check.flags
    return Empty()


def _unit(check: Check) -> int:
    unit = next((element.value for element in check.measure if element.tag == 2108), 0)
    return unit if isinstance(unit, int) else 0


def check_needed(core: Core, request: m.CheckNeeded) -> NumberReply:
    """What names one unit of goods must be checked."""
    core.drive.marking.require()
    known = read(request.code)
    unmarked = {Kind.UNKNOWN, Kind.EAN8, Kind.EAN13, Kind.ITF14, Kind.TRANSPORT}
    return NumberReply(int(known.kind not in unmarked))


def key_state(core: Core, request: m.KeyState) -> TextReply:
    core.drive.marking.require()
    return TextReply(core.setting(_KEY_SERVER) if request.query else "0")


# --- notifications of a register with a network: it delivers them itself, the host may look and may deliver


def _first(core: Core, *, offline: bool) -> tuple[StoredNotification, bytes] | None:
    """The notification that is to go next, and its container. Refusal 42 for a register of the other kind."""
    marking = core.drive.marking
    if marking.require().offline != offline:
        raise Refusal(errors.FN_WRONG_STATE)
    first, message = marking.first, marking.next_message()
    return None if first is None or message is None else (first, message)


def _message(core: Core, *, offline: bool) -> bytes:
    found = _first(core, offline=offline)
    if found is None:
        raise Refusal(errors.FN_NO_DATA)
    return found[1]


def notification_state(core: Core, request: m.NotificationState) -> m.NotificationStateReply:
    found, marking = _first(core, offline=False), core.drive.marking
    if found is None:
        return m.NotificationStateReply(0, 0, 0, None, marking.fill)
    state = 1 if core.unloading == found[0].number else 2
    return m.NotificationStateReply(state, marking.unsent, found[0].number, found[0].at, marking.fill)


def notification_length(core: Core, request: m.NotificationLength) -> NumberReply:
    message = _message(core, offline=False)
    first = core.drive.marking.first
    core.unloading = None if first is None else first.number
    return NumberReply(len(message))


def notification_block(core: Core, request: m.NotificationBlock) -> HexReply:
    return HexReply(_block(core, _message(core, offline=False), request.offset, request.size))


def _block(core: Core, message: bytes, offset: int, size: int) -> bytes:
    if offset >= len(message):
        raise Refusal(errors.FN_NO_DATA)
    return message[offset : offset + size]


def end_notification(core: Core, request: m.EndNotification) -> Empty:
    _message(core, offline=False)
    core.unloading = None
    return Empty()


def notification_answer(core: Core, request: m.NotificationAnswer) -> m.NotificationAnswerReply | Remark:
    """Error 60 brings the code of its processing (2111) where the drive does not take it."""
    _message(core, offline=False)
    if request.size != len(request.data):
        raise core.bad(extended.NONE)
    try:
        core.drive.marking.confirm(request.data)
    except DriveError as refusal:
        if refusal.number != Fault.CONFIRMATION_REFUSED:
            raise
        return Remark(_OFD_MESSAGE_REFUSED, b"10\x1c1\x1c")
    core.unloading = None
    return m.NotificationAnswerReply(0, 0)


# --- notifications of a register without one: the host takes them away


def _unloading(core: Core) -> m.UnloadReply:
    found, waiting = _first(core, offline=True), core.drive.marking.unsent
    first = 0 if found is None else found[0].number
    return m.UnloadReply(waiting, first, waiting if core.unloading is not None else 0, core.unloading or 0)


def unload(core: Core, request: m.Unload) -> m.UnloadReply:
    """A session may be begun again at any time."""
    found = _first(core, offline=True)
    if request.begin:
        core.unloading = 0 if found is None else found[0].number
    return _unloading(core)


def _current(core: Core) -> tuple[StoredNotification, bytes]:
    """The one that is being unloaded: a notification leaves when it is confirmed, so it is the first that waits."""
    found = _first(core, offline=True)
    if found is None or core.unloading is None:
        raise Refusal(errors.FN_NO_DATA)
    return found


def unload_next(core: Core, request: m.UnloadNext) -> m.UnloadNextReply:
    first, message = _current(core)
    core.unloading = first.number
    return m.UnloadNextReply(len(message), first.number)


def unload_block(core: Core, request: m.UnloadBlock) -> HexReply:
    return HexReply(_block(core, _current(core)[1], request.offset, request.size))


def confirm_unload(core: Core, request: m.ConfirmUnload) -> m.ConfirmUnloadReply:
    """The checksum is the container's own: who has read it otherwise must not confirm it."""
    if not request.confirm:
        found = _first(core, offline=True)
        return m.ConfirmUnloadReply(core.drive.marking.unsent, 0 if found is None else found[0].number)
    first, message = _current(core)
    if request.number != first.number or request.crc16 != int.from_bytes(message[_CHECKSUM], "little"):
        raise core.bad(extended.NONE)
    core.drive.marking.exported(first.number)
    return m.ConfirmUnloadReply()


HANDLERS: Handlers = {
    m.MarkingState: marking_state,
    m.CheckCode: check_code,
    m.DecideCode: decide_code,
    m.ClearCodes: clear_codes,
    m.AttachCode: attach_code,
    m.CheckNeeded: check_needed,
    m.KeyState: key_state,
    m.NotificationState: notification_state,
    m.NotificationLength: notification_length,
    m.NotificationBlock: notification_block,
    m.EndNotification: end_notification,
    m.NotificationAnswer: notification_answer,
    m.Unload: unload,
    m.UnloadNext: unload_next,
    m.UnloadBlock: unload_block,
    m.ConfirmUnload: confirm_unload,
}
