"""Marking codes by FF61, FF69 and FF70 (§4.4): what is asked of one, and what was said."""

from __future__ import annotations

from devices.errors import Rejected
from devices.registers.base import CodeCheck, MarkingVerdict
from devices.registers.codes import Codes, MarkedCode, settled
from devices.registers.line_faults import malformed
from devices.registers.marking import ONLINE_FINE, ONLINE_REJECTED, UNMOVED, MarkedUnit, verdict
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.oism_wait import ServerWait
from devices.registers.waiting import Tell
from protocols.ffd.documents import plain_quantity
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, TlvError, decode, encode, find
from protocols.shtrih.commands import WireError
from protocols.shtrih.commands.marking import CheckCode, CheckCodeReply, DecideCode, MarkingStatus
from protocols.shtrih.errors import (
    BAD_PARAMETERS,
    MARKING_BLOCKED,
    MARKING_FULL,
    MARKING_SEQUENCE,
    MARKING_UNCHECKED,
    UNSUPPORTED,
    WRONG_MODE,
)

_REJECT, _ACCEPT, _CLEAR = 0, 1, 2

#: FF70's first byte when no code is being checked.
_NO_CHECK = 1


def check_request(password: int, unit: MarkedUnit) -> CheckCode:
    """FF61; the TLV of 2108, 1023 and 1291 only for what is measured or sold in part."""
    tlv = b""
    if unit.measured:
        elements = [Element(T.QUANTITY_UNIT, unit.measure.code), Element(T.QUANTITY, plain_quantity(unit.quantity))]
        if unit.fraction is not None:
            parts = tuple(map(Element, (T.NUMERATOR, T.DENOMINATOR), unit.fraction))
            elements.append(Element(T.FRACTIONAL_QUANTITY, parts))
        tlv = encode(elements)
    return CheckCode(password, unit.planned, 0, (unit.code, tlv))


class ShtrihCodes(Codes[CheckCode]):
    """By FF61 and FF69."""

    leftovers = frozenset({MARKING_SEQUENCE, MARKING_FULL})
    blocked = MARKING_BLOCKED
    #: Old firmware knows two decisions.
    no_clearing = frozenset({BAD_PARAMETERS, UNSUPPORTED})

    def __init__(self, exchange: Exchange, tell: Tell) -> None:
        super().__init__(tell)
        self._exchange = exchange
        self._wait = ServerWait(exchange)

    async def fence(self) -> None:
        await self._wait.usual()
        status = None
        try:
            status = await self._exchange.ask(MarkingStatus(self._exchange.password))
        except Rejected as error:
            if error.number == WRONG_MODE:
                return  # it waits for its date (mode 6) and takes nothing before; the next receipt clears
        if status is None or status.check != _NO_CHECK or status.results:
            await self.clear()
        self._dirty = False

    def checked_anew(self, code: MarkedCode[CheckCode], check: bytes) -> MarkingVerdict:
        """FF67 did not find a code that was accepted a moment ago, and checked what it was given: its verdict.

        Retryable the first time.
        """
        gone = self.forgotten(code.item, number=MARKING_UNCHECKED, command="bind_code")
        if gone is not None:
            raise gone
        return bound(code, check)

    async def _asked(self, check: CheckCode) -> CodeCheck:
        return said(await self._exchange.ask(check), check)

    async def _decide(self, *, accept: bool) -> int | None:
        return await self._told(_ACCEPT if accept else _REJECT)

    async def _empty(self) -> None:
        await self._told(_CLEAR)

    async def _told(self, decision: int) -> int | None:
        return (await self._exchange.ask(DecideCode(self._exchange.password, decision))).flags

    def _unmoved(self, check: CheckCode) -> CheckCode:
        return CheckCode(check.password, UNMOVED, check.mode, check.parts)

    def _with(self, flags: int, heard: CodeCheck, asked: CheckCode) -> CodeCheck:
        """The final word is FF69's."""
        return settled(flags, heard, planned=asked.status, code=asked.parts[0])

    async def _silent(self) -> None:
        await self._wait.hurry()

    async def _over(self) -> None:
        await self._wait.calm_down()


def said(reply: CheckCodeReply, asked: CheckCode) -> CodeCheck:
    """FF61's answer in the house's words."""
    online = reply.online_code
    fault = reply.online[1] if online == ONLINE_REJECTED and len(reply.online) > 1 else None
    # Before the online check there is only the drive's own result, and an autonomous register has no other.
    flags = reply.flags if reply.flags is not None else reply.local
    server = _server(reply.server_tlv) if online == ONLINE_FINE else {}
    processed, status = server.get(T.REQUEST_PROCESSING_CODE), server.get(T.OISM_STATUS_RESPONSE)
    heard = CodeCheck(
        flags=flags,
        result="",
        reason="",
        local=reply.local,
        local_reason=reply.reason,
        kind=reply.kind,
        online=online,
        fault=fault,
        processed=processed,
        server=server.get(T.REQUEST_PROCESSING_RESULT),
        status=status,
    )
    return settled(flags, heard, planned=asked.status, code=asked.parts[0])


def bound(code: MarkedCode[CheckCode], check: bytes) -> MarkingVerdict:
    """What FF67 answers of a code that the table did not hold: the check it made then."""
    try:
        return verdict(code.item, said(CheckCodeReply.decode(check), code.check))
    except WireError as error:
        raise malformed(f"FF67 holds a check that does not parse, {error}") from error


def _server(tlv: bytes) -> dict[T, int]:
    """Numbers of the server's answer; nothing where it cannot be read, because the flags say what counts."""
    wanted = (T.REQUEST_PROCESSING_CODE, T.REQUEST_PROCESSING_RESULT, T.OISM_STATUS_RESPONSE)
    try:
        elements = decode(tlv)
    except TlvError:
        return {}
    found = {tag: find(elements, tag) for tag in wanted}
    return {tag: one.value for tag, one in found.items() if one is not None and isinstance(one.value, int)}
