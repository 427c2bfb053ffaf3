"""Marking codes: FF61 checks one with the drive and the marking system, FF69 decides, FF67 puts it into an item.

FF71…FF73 unload the notifications of an offline register. Source: shtrih_m §4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from emulator.fiscal_drive import DriveError
from emulator.fiscal_drive.checks import Check
from emulator.marking.verdicts import PLANNED, movement
from emulator.registers.shtrih.core import Asking, Core, DraftItem, Handlers, Refusal
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import TlvError, decode, encode, find
from protocols.marking import Code, Kind, product_code_bytes, read
from protocols.ofd.marking import build_answer
from protocols.shtrih import errors
from protocols.shtrih.commands import Empty
from protocols.shtrih.commands.marking import (
    Authorise,
    BeginUnload,
    BeginUnloadReply,
    BindCode,
    BindCodeReply,
    CheckCode,
    CheckCodeReply,
    ConfirmUnload,
    DecideCode,
    DecideCodeReply,
    MarkingStatus,
    MarkingStatusReply,
    NotificationState,
    NotificationStateReply,
    RandomData,
    RandomDataReply,
    UnloadBlock,
    UnloadBlockReply,
)
from protocols.shtrih.statuses import OPERATION_OF_TYPE
from protocols.wire import Message

_REJECT, _ACCEPT, _CLEAR = 0, 1, 2
#: First byte of the online part of FF61: it went well, the drive did not take the answer (a reason follows), the server
#: was silent. The documents end the answer after the last; the vendor's Java driver reads tag 2106 behind it whatever
#: the code, and fails on an answer without.
_ANSWERED, _NOT_TAKEN = 0x00, 0x20
_SERVER_SILENT: Final = b"\xff\x00"
#: Last byte of FF67's answer: the kind of DataMatrix.
_DM_88, _DM_SYMMETRIC, _DM_TOBACCO, _DM_44, _DM_UNMARKED = 0, 1, 2, 3, 0xFF
_DM_OF_TAIL: Final = {4: _DM_SYMMETRIC, 44: _DM_44}
_PACKS: Final = frozenset({Kind.TOBACCO29, Kind.TOBACCO25})
#: Tags that FF61 may bring of measured and partial goods.
_MEASURE: Final = frozenset({1023, 2108, 1291})
_BLOCK: Final = 128
#: Where a container has its checksum.
_CHECKSUM: Final = slice(2, 4)


def _data_matrix(code: Code) -> int:
    if code.kind in _PACKS:
        return _DM_TOBACCO
    if code.kind is not Kind.GS1 or code.tail is None:
        return _DM_UNMARKED
    return _DM_OF_TAIL.get(code.tail, _DM_88)


def _reply(check: Check, online: bytes) -> CheckCodeReply:
    return CheckCodeReply(check.local, int(check.reason), check.kind, online)


def _checked(core: Core, check: Check, finish: Callable[[CheckCodeReply], Message]) -> Message | Asking:
    """What `finish` makes of FF61's answer; online, after the marking system was asked."""
    if check.offline:
        return finish(_reply(check, b""))

    def then(answer: bytes | None) -> Message:
        return finish(_reply(*_heard(core, check, answer)))

    return Asking(core.drive.marking.request(), then)


def _heard(core: Core, check: Check, answer: bytes | None) -> tuple[Check, bytes]:
    """The check with the marking system's answer, and the online part of FF61's."""
    if answer is None:
        return check, _SERVER_SILENT
    try:
        taken = core.drive.marking.take(answer)
    except DriveError as refusal:
        if refusal.fault is None:
            raise
        return check, bytes((_NOT_TAKEN, int(refusal.fault)))
    tlv = b"" if taken.answer is None else build_answer(taken.answer)[4:]
    return taken, bytes((_ANSWERED, taken.flags)) + tlv


def check_code(core: Core, request: CheckCode, operator: int) -> Message | Asking:
    core.drive.marking.require()
    code, tlv = request.parts
    try:
        measure = decode(tlv)
        encode(measure)
    except TlvError:
        raise Refusal(errors.BAD_PARAMETERS) from None
    if not code or request.status not in PLANNED or request.mode or any(each.tag not in _MEASURE for each in measure):
        raise Refusal(errors.BAD_PARAMETERS)
    check = core.drive.marking.begin(code, request.status, request.mode, measure)
    return _checked(core, check, lambda reply: reply)


def decide_code(core: Core, request: DecideCode, operator: int) -> DecideCodeReply:
    marking = core.drive.marking
    marking.require()
    if request.decision == _CLEAR:
        marking.clear()
        return DecideCodeReply(0)
    if request.decision not in {_REJECT, _ACCEPT}:
        raise Refusal(errors.BAD_PARAMETERS)
    return DecideCodeReply(marking.decide(accept=request.decision == _ACCEPT))


def bind_code(core: Core, request: BindCode, operator: int) -> Message | Asking:
    """The code goes into the last item; one that FF61 has not seen is checked, and accepted, on the way."""
    draft, marking = core.open_draft(), core.drive.marking
    if not draft.items or not request.code:
        raise Refusal(errors.BAD_PARAMETERS)
    item, code = draft.items[-1], read(request.code)
    kind = product_code_bytes(code)[:2], _data_matrix(code)
    if core.ffd is not FfdVersion.V1_2:
        item.code = request.code
        return BindCodeReply(*kind, b"")
    marking.require()
    known = marking.checked(request.code)
    if known is not None:
        item.code, item.flags = known.code, known.flags
        return BindCodeReply(*kind, b"")
    measure = [element for element in item.tags if element.tag in _MEASURE]
    check = marking.begin(request.code, _planned(draft.kind, item), 0, measure)

    def bound(reply: CheckCodeReply) -> BindCodeReply:
        item.code, item.flags = check.code, marking.decide(accept=True)
        return BindCodeReply(*kind, reply.encode())

    return _checked(core, check, bound)


def _planned(kind: int, item: DraftItem) -> int:
    """Tag 2003 of a code that the host did not have checked."""
    measure = find(item.tags, 2108)
    partial = find(item.tags, 1291) is not None or (measure is not None and measure.value != 0)
    return movement(OPERATION_OF_TYPE[kind], partial=partial)


def marking_status(core: Core, request: MarkingStatus, operator: int) -> MarkingStatusReply:
    marking = core.drive.marking
    marking.require()
    items = core.draft.items if core.draft is not None else ()
    included = sum(item.flags is not None for item in items)
    return MarkingStatusReply(
        check=int(marking.step),
        notification=_NO_ROOM if marking.fill >= 100 else _BUILDING if included else _NO_NOTIFICATION,
        allowed=_ALLOWED[int(marking.step)],
        results=len(marking.table),
        included=included,
        area=next(level for level, limit in enumerate(_AREA) if marking.fill <= limit),
        queue=marking.unsent,
    )


#: Second byte of FF70 (names of the states also in an open core of a certified register, rs.fncore2).
_NO_NOTIFICATION, _BUILDING, _NO_ROOM = 0, 1, 2
_B1, _B2, _B3, _B5, _B6, _B7 = (1 << bit for bit in range(6))
_B7_ALL = 0b1110_0000
#: Step of the check -> commands of the drive that may come next.
_ALLOWED: Final = (_B3 | _B7_ALL, _B1 | _B3 | _B7_ALL, _B2 | _B3 | _B5, _B2 | _B3 | _B6, _B2 | _B3)
#: Fill percent up to which the area's warning is 0, 1, 2, 3, 4.
_AREA: Final = (49, 80, 90, 99, 100)


def notification_state(core: Core, request: NotificationState, operator: int) -> NotificationStateReply:
    marking = core.drive.marking
    if marking.require().offline:
        raise Refusal(errors.FN_WRONG_STATE)
    first = marking.first
    number, at = (first.number, first.at) if first else (0, None)
    return NotificationStateReply(_WAITING if first else 0, marking.unsent, number, at, marking.fill)


_WAITING = 2


def _unloaded(core: Core) -> tuple[int, bytes] | None:
    """Number and container of the notification that is to be unloaded next."""
    marking = core.drive.marking
    if not marking.require().offline:
        raise Refusal(errors.FN_WRONG_STATE)
    first, message = marking.first, marking.next_message()
    return None if first is None or message is None else (first.number, message)


def begin_unload(core: Core, request: BeginUnload, operator: int) -> BeginUnloadReply:
    """May be begun again at any time before FF73."""
    found = _unloaded(core)
    core.unloading = 0
    if found is None:
        return BeginUnloadReply(0, 0, 0)
    return BeginUnloadReply(core.drive.marking.unsent, found[0], len(found[1]))


def unload_block(core: Core, request: UnloadBlock, operator: int) -> UnloadBlockReply:
    found, offset = _unloaded(core), core.unloading
    if found is None or offset >= len(found[1]):
        raise Refusal(errors.FN_NO_DATA)
    number, message = found
    block = message[offset : offset + _BLOCK]
    core.unloading += len(block)
    return UnloadBlockReply(number, len(message), offset, len(block).to_bytes(2, "little") + block)


def confirm_unload(core: Core, request: ConfirmUnload, operator: int) -> Empty:
    """The checksum is the container's own, counted over all but itself: who has read it otherwise must not confirm it.

    Source: an open core of a certified register, class MarkingOfflineDocument of rs.fncore2.
    """
    found = _unloaded(core)
    if found is None or found[0] != request.number:
        raise Refusal(errors.FN_NO_DATA)
    number, message = found
    if int.from_bytes(request.crc, "little") != int.from_bytes(message[_CHECKSUM], "little"):
        raise Refusal(errors.FN_BAD_PARAMETER)
    core.drive.marking.exported(number)
    core.unloading = 0
    return Empty()


def random_data(core: Core, request: RandomData, operator: int) -> RandomDataReply:
    core.challenged = True
    return RandomDataReply(core.random.randbytes(16))


def authorise(core: Core, request: Authorise, operator: int) -> Empty:
    """Any answer to FF65 will do: the keys are not published, and this register (model bit 51) wants none."""
    if not core.challenged:
        raise Refusal(errors.NOT_AUTHENTICATED)
    core.challenged = False
    return Empty()


HANDLERS: Handlers = {
    RandomData: random_data,
    Authorise: authorise,
    CheckCode: check_code,
    DecideCode: decide_code,
    BindCode: bind_code,
    MarkingStatus: marking_status,
    NotificationState: notification_state,
    BeginUnload: begin_unload,
    UnloadBlock: unload_block,
    ConfirmUnload: confirm_unload,
}
