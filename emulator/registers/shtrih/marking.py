"""Marking codes: FF61 checks one with the drive and the marking system, FF69 decides, FF67 puts it into an item.

FF71…FF73 unload the notifications of an offline register. Source: shtrih_m §4.4.
"""

from __future__ import annotations

from typing import Any, Final

from emulator.marking.verdicts import PLANNED
from emulator.registers.marking import MEASURE, Heard, Online, ask, planned, put_checked
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handlers
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import TlvError, decode, encode
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
_BLOCK: Final = 128
#: Where a container has its checksum.
_CHECKSUM: Final = slice(2, 4)


def _data_matrix(code: Code) -> int:
    if code.kind in _PACKS:
        return _DM_TOBACCO
    if code.kind is not Kind.GS1 or code.tail is None:
        return _DM_UNMARKED
    return _DM_OF_TAIL.get(code.tail, _DM_88)


def _reply(heard: Heard) -> CheckCodeReply:
    check = heard.check
    return CheckCodeReply(check.local, int(check.reason), check.kind, _online(heard))


def _online(heard: Heard) -> bytes:
    """The online part of FF61's answer."""
    match heard.online:
        case Online.NOT_ASKED:
            return b""
        case Online.SILENT:
            return _SERVER_SILENT
        case Online.NOT_TAKEN:
            return bytes((_NOT_TAKEN, heard.fault))
    answer = heard.check.answer
    return bytes((_ANSWERED, heard.check.flags)) + (b"" if answer is None else build_answer(answer)[4:])


def check_code(core: Core, request: CheckCode, operator: int) -> Any:
    core.drive.marking.require()
    code, tlv = request.parts
    try:
        measure = decode(tlv)
        encode(measure)
    except TlvError:
        raise Refusal(errors.BAD_PARAMETERS) from None
    if not code or request.status not in PLANNED or request.mode or any(each.tag not in MEASURE for each in measure):
        raise Refusal(errors.BAD_PARAMETERS)
    check = core.drive.marking.begin(code, request.status, request.mode, measure)
    return ask(core, check, _reply)


def decide_code(core: Core, request: DecideCode, operator: int) -> DecideCodeReply:
    marking = core.drive.marking
    marking.require()
    if request.decision == _CLEAR:
        marking.clear()
        return DecideCodeReply(0)
    if request.decision not in {_REJECT, _ACCEPT}:
        raise Refusal(errors.BAD_PARAMETERS)
    return DecideCodeReply(marking.decide(accept=request.decision == _ACCEPT))


def bind_code(core: Core, request: BindCode, operator: int) -> Any:
    """The code goes into the last item; one that FF61 has not seen is checked, and accepted, on the way."""
    draft, marking = core.open_draft(), core.drive.marking
    item = core.line()
    if item is None or not request.code:
        raise Refusal(errors.BAD_PARAMETERS)
    code = read(request.code)
    kind = product_code_bytes(code)[:2], _data_matrix(code)
    if core.ffd is not FfdVersion.V1_2:
        item.code = request.code
        return BindCodeReply(*kind, b"")
    marking.require()
    if put_checked(core, item, request.code):
        return BindCodeReply(*kind, b"")
    measure = [element for element in item.tags if element.tag in MEASURE]
    check = marking.begin(request.code, planned(draft.operation, item), 0, measure)

    def bound(heard: Heard) -> BindCodeReply:
        item.code, item.flags = check.code, marking.decide(accept=True)
        return BindCodeReply(*kind, _reply(heard).encode())

    return ask(core, check, bound)


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
