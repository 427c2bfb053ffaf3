"""Marking codes without an ОИСМ: what a register can honestly say alone, and how a code gets into its item.

The check by the drive's keys and by the server is not made here: results are "not checked", and a sale prints [M].
"""

from __future__ import annotations

import re

from emulator.registers.shtrih.core import Core, Handlers, Refusal
from protocols.ffd.enums import FfdVersion
from protocols.ffd.product_code import product_code_bytes
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

MAX_CODES = 128
_STATUSES = frozenset({1, 2, 3, 4, 5, 6, 255})
_REJECT, _ACCEPT, _CLEAR = 0, 1, 2
#: The drive's answer to the online check: the server was silent. The documents end the answer there; the vendor's Java
#: driver reads tag 2106 after it whatever the code, and fails on an answer without.
_SERVER_SILENT = b"\xff\x00"

# Reasons why the drive did not check (§4.4) and kinds of code (tag 2100).
_TYPE_NOT_CHECKABLE, _NO_KEY, _MALFORMED = 1, 2, 3
_UNRECOGNISED, _SHORT, _LONG_88, _LONG_44, _FOUR_SYMBOLS = 0, 1, 2, 3, 5
_GS1 = re.compile(rb"01\d{14}21")
_TAIL = re.compile(rb"\x1d(91|92|93)([^\x1d]*)")
#: Last byte of FF67's answer: the kind of DataMatrix.
_DM_88, _DM_SYMMETRIC, _DM_TOBACCO, _DM_44, _DM_UNMARKED = 0, 1, 2, 3, 0xFF
_LENGTH_88, _LENGTH_44, _TOBACCO_LENGTH = 88, 44, 29


def _tails(code: bytes) -> dict[bytes, bytes]:
    return {match[1]: match[2] for match in _TAIL.finditer(code)}


def _verdict(code: bytes) -> tuple[int, int]:
    """(reason the drive gives for not checking, kind of code)."""
    tails = _tails(code)
    if not _GS1.match(code):
        return _TYPE_NOT_CHECKABLE, _SHORT if len(code) == _TOBACCO_LENGTH else _UNRECOGNISED
    if b"91" in tails and b"92" in tails:
        return _NO_KEY, _LONG_88 if len(tails[b"92"]) >= _LENGTH_88 else _LONG_44
    return (_TYPE_NOT_CHECKABLE, _FOUR_SYMBOLS) if b"93" in tails else (_MALFORMED, _UNRECOGNISED)


def _data_matrix(code: bytes) -> int:
    tails = _tails(code)
    if b"92" in tails:
        return _DM_88 if len(tails[b"92"]) >= _LENGTH_88 else _DM_44
    if b"93" in tails:
        return _DM_SYMMETRIC
    return _DM_TOBACCO if len(code) == _TOBACCO_LENGTH and not _GS1.match(code) else _DM_UNMARKED


def _allowed(core: Core) -> None:
    if not core.registration.marking or core.ffd is not FfdVersion.V1_2:
        raise Refusal(errors.MARKING_FORBIDDEN)


def _check(core: Core, code: bytes) -> CheckCodeReply:
    reason, kind = _verdict(code)
    offline = core.registration.offline
    core.pending_code = code, 0x10 if offline else 0
    return CheckCodeReply(0, reason, kind, b"" if offline else _SERVER_SILENT)


def check_code(core: Core, request: CheckCode, operator: int) -> CheckCodeReply:
    _allowed(core)
    if core.pending_code is not None:
        raise Refusal(errors.MARKING_SEQUENCE)
    if len(core.checked) >= MAX_CODES:
        raise Refusal(errors.MARKING_FULL)
    code = request.parts[0]
    if not code or request.status not in _STATUSES or request.mode != 0:
        raise Refusal(errors.BAD_PARAMETERS)
    return _check(core, code)


def decide_code(core: Core, request: DecideCode, operator: int) -> DecideCodeReply:
    _allowed(core)
    if request.decision == _CLEAR:
        core.checked.clear()
        core.pending_code = None
        return DecideCodeReply(0)
    if core.pending_code is None or request.decision not in {_REJECT, _ACCEPT}:
        raise Refusal(errors.MARKING_SEQUENCE)
    code, flags = core.pending_code
    core.pending_code = None
    if request.decision == _ACCEPT:
        core.checked[code] = flags
    return DecideCodeReply(flags)


def bind_code(core: Core, request: BindCode, operator: int) -> BindCodeReply:
    """The code goes into the last item; one that FF61 has not seen is checked, and accepted, on the way."""
    items = core.open_draft().items
    if not items or not request.code:
        raise Refusal(errors.BAD_PARAMETERS)
    item, code, check = items[-1], request.code, b""
    if core.ffd is FfdVersion.V1_2:
        _allowed(core)
        if code not in core.checked:
            if len(core.checked) >= MAX_CODES:
                raise Refusal(errors.MARKING_FULL)
            check = _check(core, code).encode()
            _accept(core)
        item.flags = core.checked[code]
    item.code = code
    return BindCodeReply(product_code_bytes(code)[:2], _data_matrix(code), check)


def _accept(core: Core) -> None:
    if core.pending_code is not None:
        code, flags = core.pending_code
        core.checked[code], core.pending_code = flags, None


def marking_status(core: Core, request: MarkingStatus, operator: int) -> MarkingStatusReply:
    _allowed(core)
    state = 2 if core.pending_code is not None else 1
    return MarkingStatusReply(state, 0, 0xFF, len(core.checked), 0, 0, 0)


def notification_state(core: Core, request: NotificationState, operator: int) -> NotificationStateReply:
    _allowed(core)
    if core.registration.offline:
        raise Refusal(errors.FN_WRONG_STATE)
    return NotificationStateReply(0, 0, 0, None, 0)


def begin_unload(core: Core, request: BeginUnload, operator: int) -> BeginUnloadReply:
    """No notification is kept yet, so there is never one to unload."""
    _allowed(core)
    if not core.registration.offline:
        raise Refusal(errors.FN_WRONG_STATE)
    return BeginUnloadReply(0, 0, 0)


def unload_block(core: Core, request: UnloadBlock, operator: int) -> UnloadBlockReply:
    _allowed(core)
    raise Refusal(errors.FN_NO_DATA)


def confirm_unload(core: Core, request: ConfirmUnload, operator: int) -> Empty:
    _allowed(core)
    raise Refusal(errors.FN_NO_DATA)


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
