"""The drive's table of checked codes: every check is decided, and nothing is left when a receipt comes to nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest
from virtual_loop import run_virtual

from devices.errors import DeviceError, LinkError, NeedsOperator, Rejected, Retryable
from devices.registers.base import CodeCheck, Warn
from devices.registers.codes import MarkedCode
from devices.registers.marking import MarkedUnit, MarkingRefused
from devices.registers.shtrih.errors import device_error
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.marking import ShtrihCodes, bound, check_request, said
from protocols.ffd.enums import Measure, Operation
from protocols.ffd.tlv import Element, decode, encode
from protocols.shtrih.commands import COMMANDS, DeviceRefusal, encode_request
from protocols.shtrih.commands.marking import (
    CheckCode,
    CheckCodeReply,
    DecideCode,
    DecideCodeReply,
    MarkingStatus,
    MarkingStatusReply,
)

REJECT, ACCEPT, CLEAR = 0, 1, 2
MEANINGS = {REJECT: "reject", ACCEPT: "accept", CLEAR: "clear"}


def online(flags: int, status: int = 1, processed: int = 0) -> CheckCodeReply:
    """FF61's answer when the marking server answered: 2001, 2105, 2109."""
    server = encode([Element(2001, 7), Element(2105, processed), Element(2109, status)])
    return CheckCodeReply(flags & 3, 0 if flags & 1 else 2, 3, bytes([0, flags]) + server)


GOOD, SOLD, SILENT = online(15), online(7, status=2), CheckCodeReply(3, 0, 2, b"\xff")


class Drive:
    """Both ends of the exchange: keeps the table, notes what is asked."""

    password = 30
    marking_wait = None

    def __init__(self) -> None:
        self.table: list[bytes] = []
        self.pending: bytes | None = None
        self.log: list[str] = []
        self.answers: dict[bytes, list[CheckCodeReply]] = {}
        self.final: dict[bytes, int | None] = {}
        self.refusals: dict[str, list[int]] = defaultdict(list)
        self.cut_at = 0  # the link is lost behind this command
        self.knows_status = self.knows_clear = True
        self.limit = 128

    async def try_ask(self, request: Any) -> Any:
        try:
            return await self.ask(request)
        except DeviceError:
            return None

    async def ask(self, request: Any) -> Any:
        what = self._word(request)
        self.log.append(what)
        if self.refusals[what]:
            raise self._no(request, self.refusals[what].pop(0))
        reply = self._status(request) if what == "status" else self._act(request)
        if len(self.log) == self.cut_at:
            raise LinkError("cut")
        return reply

    @staticmethod
    def _word(request: Any) -> str:
        if isinstance(request, CheckCode):
            return "check"
        return "status" if isinstance(request, MarkingStatus) else MEANINGS[request.decision]

    def _status(self, request: Any) -> MarkingStatusReply:
        if not self.knows_status:
            raise self._no(request, 0x37)
        return MarkingStatusReply(2 if self.pending else 1, 0, 0xFF, len(self.table), 0, 0, 0)

    def _act(self, request: Any) -> Any:
        if isinstance(request, CheckCode):
            if self.pending is not None:
                raise self._no(request, 0xA1)
            if len(self.table) >= self.limit:
                raise self._no(request, 0xA3)
            self.pending = request.parts[0]
            known = self.answers.get(self.pending, [GOOD])
            return known.pop(0) if len(known) > 1 else known[0]
        if request.decision == CLEAR:
            if not self.knows_clear:
                raise self._no(request, 0x33)
            self.table, self.pending = [], None
            return DecideCodeReply(0)
        if self.pending is None:
            raise self._no(request, 0xA1)
        code, self.pending = self.pending, None
        if request.decision == ACCEPT:
            self.table.append(code)
        answered = self.answers.get(code, [GOOD])[0]
        return DecideCodeReply(self.final.get(code, answered.flags if answered.flags is not None else answered.local))

    @staticmethod
    def _no(request: Any, number: int) -> DeviceError:
        return device_error(DeviceRefusal(COMMANDS.of(type(request)), number))

    @property
    def empty(self) -> bool:
        return not self.table and self.pending is None


def made(drive: Drive) -> ShtrihCodes:
    async def nobody(_: Warn) -> None: ...

    return ShtrihCodes(cast(Exchange, drive), nobody)


def connected(drive: Drive) -> ShtrihCodes:
    codes = made(drive)
    asyncio.run(codes.fence())
    drive.log.clear()
    return codes


def code(number: int) -> bytes:
    return b"010460043993125621%07d\x1d93dGVz" % number


def asked_of(code: bytes, operation: Operation = Operation.SELL, **more: Any) -> CheckCode:
    return check_request(30, MarkedUnit(code=code, operation=operation, **more))


ASKED = asked_of(code(0))


def lines(count: int) -> list[MarkedCode[CheckCode]]:
    return [MarkedCode(item=i, check=asked_of(code(i))) for i in range(count)]


def check_all(codes: ShtrihCodes, some: Sequence[MarkedCode[CheckCode]], *, refuse: bool = True) -> Any:
    """As the driver does it."""

    async def run() -> Any:
        try:
            return tuple(one.verdict for one in await codes.check_all(some, refuse=refuse))
        except DeviceError:
            await codes.give_up()
            raise

    return run_virtual(run())


def test_twenty_codes_are_checked_and_accepted_in_forty_commands() -> None:
    drive = Drive()
    codes = connected(drive)
    found = check_all(codes, lines(20))
    assert drive.log == ["check", "accept"] * 20
    assert drive.table == [code(number) for number in range(20)]
    assert [(one.item, one.result, one.flags, one.reason) for one in found] == [(i, "M+", 15, "") for i in range(20)]
    drive.table.clear()  # as the closing of the receipt does
    codes.carried_away()
    drive.log.clear()
    check_all(codes, lines(1))
    assert drive.log == ["check", "accept"]


def test_a_receipt_without_codes_asks_nothing() -> None:
    drive = Drive()
    assert check_all(connected(drive), []) == ()
    assert drive.log == []


def test_a_bad_code_refuses_the_receipt_and_nothing_stays() -> None:
    drive = Drive()
    drive.answers[code(2)] = [SOLD]
    drive.answers[code(4)] = [online(5, status=2)]
    with pytest.raises(MarkingRefused) as refused:
        check_all(connected(drive), lines(6))
    assert drive.empty
    assert [(one.item, one.result, one.reason) for one in refused.value.marking] == [
        (0, "M+", ""),
        (1, "M+", ""),
        (2, "M-", "marking_status_wrong"),
        (3, "M+", ""),
        (4, "M-", "marking_not_genuine"),
        (5, "M+", ""),
    ]
    # each bad one is asked twice, and from the first of them on nothing is accepted
    assert drive.log == [
        *["check", "accept"] * 2,
        *["check", "reject"] * 2,
        *["check", "reject"],
        *["check", "reject"] * 2,
        *["check", "reject"],
        "clear",
    ]


def test_a_refusal_that_was_the_lines_fault_is_not_believed() -> None:
    drive = Drive()
    drive.answers[code(0)] = [SOLD, GOOD]
    (found,) = check_all(connected(drive), lines(1))
    assert (found.result, drive.table) == ("M+", [code(0)])


def test_a_bad_code_is_sold_when_the_caller_says_so() -> None:
    drive = Drive()
    drive.answers[code(1)] = [SOLD]
    found = check_all(connected(drive), lines(3), refuse=False)
    assert drive.table == [code(0), code(1), code(2)]
    assert [one.result for one in found] == ["M+", "M-", "M+"]


def test_the_last_word_is_that_of_the_acceptance() -> None:
    drive = Drive()
    drive.final[code(0)] = 7
    with pytest.raises(MarkingRefused):
        check_all(connected(drive), lines(2))
    assert drive.empty
    drive.final = {code(0): None}  # old firmware answers nothing
    assert [one.flags for one in check_all(connected(drive), lines(1))] == [15]


def test_no_connection_sells() -> None:
    drive = Drive()
    drive.answers[code(0)] = [SILENT]
    (found,) = check_all(connected(drive), lines(1))
    assert (found.result, found.flags, found.reason) == ("M", 3, "marking_server_silent")


def test_a_full_table_is_emptied_and_the_checks_begin_anew() -> None:
    drive = Drive()
    codes = connected(drive)
    drive.table = [b"somebody's"] * 126  # come behind our back
    assert len(check_all(codes, lines(5))) == 5
    assert drive.table == [code(number) for number in range(5)]
    assert drive.log.count("clear") == 1


def test_an_undecided_code_is_thrown_away_first() -> None:
    drive = Drive()
    codes = connected(drive)
    drive.pending = b"somebody's"
    check_all(codes, lines(2))
    assert drive.table == [code(0), code(1)]


def test_what_stays_full_is_a_refusal_and_leaves_nothing() -> None:
    drive = Drive()
    drive.limit = 3
    with pytest.raises(Rejected) as refused:
        check_all(connected(drive), lines(4))
    assert refused.value.code == "fn_marking_full"
    assert drive.empty


@pytest.mark.parametrize("what", ["check", "accept"])
@pytest.mark.parametrize(("number", "kind"), [(0x2F, Retryable), (0x03, NeedsOperator), (0x09, Rejected)])
def test_a_refusal_midway_leaves_nothing(what: str, number: int, kind: type[DeviceError]) -> None:
    drive = Drive()
    codes = connected(drive)
    check_all(codes, lines(3))
    drive.refusals[what] = [number]
    with pytest.raises(kind):
        check_all(codes, lines(3))
    assert drive.empty


def test_a_moment_in_which_marking_is_blocked_is_waited_for() -> None:
    drive = Drive()
    drive.refusals["check"] = [0xA2, 0xA2]
    assert len(check_all(connected(drive), lines(2))) == 2
    assert drive.log == ["check", "check", "check", "accept", "check", "accept"]


def test_marking_that_stays_blocked_refuses_and_holds_nobody_up() -> None:
    """Goods without marking would wait behind a receipt that is tried again and again."""
    drive = Drive()
    drive.refusals["check"] = [0xA2] * 9
    with pytest.raises(Rejected) as refused:
        check_all(connected(drive), lines(2))
    assert refused.value.code == "fn_marking_blocked"
    assert drive.empty


def test_what_could_not_be_cleared_then_is_cleared_before_the_next_receipt() -> None:
    drive = Drive()
    codes = connected(drive)
    drive.refusals["accept"] = [0x2F]
    drive.refusals["clear"] = [0x2F]
    with pytest.raises(Retryable):
        check_all(codes, lines(1))
    assert not drive.empty
    drive.log.clear()
    check_all(codes, lines(1))
    assert drive.log == ["clear", "check", "accept"]


@pytest.mark.parametrize("cut_at", range(1, 9))
def test_behind_the_fence_nothing_is_left_wherever_the_link_was_cut(cut_at: int) -> None:
    drive = Drive()
    codes = connected(drive)
    drive.cut_at = cut_at
    with pytest.raises(LinkError):
        check_all(codes, lines(4))
    assert not drive.empty
    asyncio.run(made(drive).fence())
    assert drive.empty


def test_the_fence_changes_nothing_where_nothing_is_left() -> None:
    drive = Drive()
    asyncio.run(made(drive).fence())
    assert drive.log == ["status"]


@pytest.mark.parametrize("pending", [None, b"somebody's"])
def test_the_fence_of_old_firmware(pending: bytes | None) -> None:
    drive = Drive()
    drive.knows_status = False
    drive.pending = pending
    asyncio.run(made(drive).fence())
    assert drive.log == ["status", "clear"]
    assert drive.empty
    drive.knows_clear = False
    drive.pending = pending
    codes = made(drive)
    asyncio.run(codes.fence())
    assert drive.pending is None
    check_all(codes, lines(1))


def test_a_register_that_waits_for_its_date_is_cleared_before_the_next_receipt() -> None:
    drive = Drive()
    codes = connected(drive)
    drive.table = [b"somebody's"]
    codes.lost()
    drive.refusals["status"] = [0x73]
    asyncio.run(codes.fence())
    assert drive.log == ["status"]
    check_all(codes, lines(1))
    assert drive.log == ["status", "clear", "check", "accept"]


def test_asking_about_a_code_leaves_nothing() -> None:
    drive = Drive()
    codes = connected(drive)
    drive.answers[code(1)] = [SOLD]
    request = asked_of(code(1))
    for leftover in (None, b"somebody's"):
        drive.pending = leftover
        found = asyncio.run(codes.ask(request))
        assert (found.result, found.status, found.reason) == ("M-", 2, "marking_status_wrong")
        assert drive.empty
    drive.refusals["check"] = [0x2F]
    with pytest.raises(Retryable):
        asyncio.run(codes.ask(request))
    asyncio.run(codes.ask(request))
    assert drive.empty


def test_what_the_answer_says() -> None:
    server = encode([Element(2001, 7), Element(2005, 7), Element(2105, 0), Element(2109, 3)])
    assert said(CheckCodeReply(3, 0, 2, b"\x00\x07" + server), ASKED) == CodeCheck(
        flags=7,
        result="M-",
        reason="marking_turnover_suspended",
        local=3,
        local_reason=0,
        kind=2,
        online=0,
        processed=0,
        server=7,
        status=3,
    )
    rejected = said(CheckCodeReply(0, 3, 5, b"\x20\x04"), ASKED)
    assert (rejected.flags, rejected.online, rejected.fault) == (0, 0x20, 4)
    assert rejected.reason == "marking_answer_rejected"
    alone = said(CheckCodeReply(1, 0, 2, b""), ASKED)
    assert (alone.result, alone.online, alone.reason) == ("M-", None, "marking_not_genuine")
    # the flags count even when the rest of the answer is noise
    assert said(CheckCodeReply(3, 0, 2, b"\x00\x0f\x35\x08\xff"), ASKED).result == "M+"


def test_the_vendors_worked_example() -> None:
    """Protocol 1.17: FF61 of a 38-byte code and what the device answers, FF69 and its final 2106."""
    code = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
    sent = "FF611E000000010026003031303436303030303030303030313532313541426364454667683132333 41D3933644756 7A"
    assert encode_request(asked_of(code)).hex() == sent.replace(" ", "").lower()
    check = said(CheckCodeReply.decode(bytes.fromhex("03000502000F")), ASKED)
    assert (check.local, check.local_reason, check.kind, check.online, check.flags) == (3, 0, 5, 0, 15)
    assert (check.result, check.reason) == ("M+", "")
    assert encode_request(DecideCode(30, ACCEPT)).hex() == "ff691e00000001"


def test_a_check_that_the_binding_made() -> None:
    verdict = bound(MarkedCode(item=3, check=CheckCode(30, 1, 0, (b"x", b""))), SOLD.encode())
    assert (verdict.item, verdict.result, verdict.flags) == (3, "M-", 7)


@pytest.mark.parametrize(
    ("operation", "measure", "fraction", "status", "tags"),
    [
        (Operation.SELL, Measure.PIECE, None, 1, []),
        (Operation.SELL_REFUND, Measure.PIECE, None, 3, []),
        (Operation.SELL, Measure.KILOGRAM, None, 2, [Element(2108, 11), Element(1023, Decimal("0.25"))]),
        (Operation.SELL_REFUND, Measure.LITER, None, 4, [Element(2108, 41), Element(1023, Decimal("0.25"))]),
        (
            Operation.SELL,
            Measure.PIECE,
            (1, 4),
            2,
            [Element(2108, 0), Element(1023, Decimal(1)), Element(1291, (Element(1293, 1), Element(1294, 4)))],
        ),
    ],
)
def test_what_is_asked_of_the_drive(
    operation: Operation, measure: Measure, fraction: tuple[int, int] | None, status: int, tags: list[Element]
) -> None:
    quantity = Decimal("0.250") if measure is not Measure.PIECE else Decimal(1)
    request = asked_of(code(1), operation=operation, measure=measure, quantity=quantity, fraction=fraction)
    assert (request.status, request.mode, request.parts[0]) == (status, 0, code(1))
    assert list(decode(request.parts[1])) == tags


@pytest.mark.parametrize("refuse", [True, False])
def test_a_correction_asks_at_last_as_of_a_unit_that_stays(refuse: bool) -> None:
    """2003 = 255, once the movement was found wrong twice; of a movement that is right nothing more is asked."""
    drive = Drive()
    drive.answers[code(0)] = [SOLD, SOLD, GOOD]
    over = [replace(line, over=True) for line in lines(2)]
    found = check_all(connected(drive), over, refuse=refuse)
    assert [(one.result, one.reason) for one in found] == [("M+", ""), ("M+", "")]
    assert drive.log == ["check", "reject", "check", "reject", "check", "accept", "check", "accept"]
    drive = Drive()
    drive.answers[code(0)] = [SOLD, SOLD, SOLD]
    with pytest.raises(MarkingRefused) as refused:
        check_all(connected(drive), over)
    assert refused.value.marking[0].reason == "marking_correction_status_wrong"
    assert drive.empty
