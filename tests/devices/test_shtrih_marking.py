"""Marked goods from the check to the document, on an emulated register that asks an emulated marking system."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from till import Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError, Rejected, RequestError, Retryable
from devices.registers.base import Outcome
from devices.registers.marking import MarkingRefused
from emulator.faults import FaultKind
from protocols.ffd.enums import Operation, PaymentObject
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Item, Marking
from protocols.ffd.tlv import Element, all_of, decode, find
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands.marking import CheckCode, DecideCode, MarkingStatus, MarkingStatusReply

CHECK, DECIDE, BIND, OPEN_RECEIPT, CANCEL = b"\xff\x61", b"\xff\x69", b"\xff\x67", b"\x8d", b"\x88"


def unit(number: int) -> bytes:
    return f"010460000000001521{number:06d}\x1d93dGVz".encode()


def cis(code: bytes) -> str:
    return code.partition(b"\x1d")[0].decode()


def shoe(code: bytes = unit(0), price: int = 499_000, quantity: str = "1", **more: Any) -> Item:
    fraction = more.pop("fraction", (None, None))
    marking = Marking(code=code, numerator=fraction[0], denominator=fraction[1])
    return item(
        "Ботинки", price, quantity, payment_object=PaymentObject.COMMODITY_WITH_MARKING, marking=marking, **more
    )


TWO = receipt(shoe(), shoe(unit(1)))


def status(one: Till) -> MarkingStatusReply:
    """FF70, asked past the wire."""
    answer = one.device.register.execute(encode_request(MarkingStatus(30)))
    assert answer[2] == 0
    return MarkingStatusReply.decode(answer[3:])


def nothing_left(one: Till) -> bool:
    now = status(one)
    return (now.check, now.results, now.included) == (1, 0, 0)


def commands(one: Till) -> list[bytes]:
    return [frame[2:4] if frame[2] == 0xFF else frame[2:3] for frame in one.frames]


def lines(one: Till) -> list[tuple[Element, ...]]:
    """The items of the last document."""
    document = one.device.drive.document(one.device.drive.last_document)
    return [line.value for line in all_of(document.elements, T.ITEM)]


def number(elements: Sequence[Element], tag: int) -> Any:
    found = find(elements, tag)
    return None if found is None else found.value


def letters(outcome: Outcome) -> list[tuple[int, str, int]]:
    return [(one.item, one.result, one.flags) for one in outcome.marking]


@virtual
async def test_twenty_marked_lines_are_checked_sold_and_told_to_the_marking_system() -> None:
    async with till(oism=True) as one:
        wanted = receipt(item("Пакет", 500), *(shoe(unit(n)) for n in range(20)))
        outcome = await one.driver.fiscalise(wanted)
        assert letters(outcome) == [(n + 1, "M+", 15) for n in range(20)]
        assert (outcome.differences, outcome.warnings) == ((), ())
        bag, *shoes = lines(one)
        assert find(bag, T.PRODUCT_CODE) is None
        for n, line in enumerate(shoes):
            (child,) = number(line, 1163)
            assert (child.tag, child.value) == (1305, cis(unit(n)))
            assert [number(line, tag) for tag in (1212, 2102, 2106, 2108)] == [33, 0, 15, 0]
        document = one.device.drive.document(one.device.drive.last_document)
        assert number(document.elements, 2107) == 0
        assert one.device.paper_text().count("[M+]") == 20
        assert nothing_left(one)
        sent = commands(one)
        assert [sent.count(what) for what in (CHECK, DECIDE, BIND)] == [20, 20, 20]
        assert max(place for place, what in enumerate(sent) if what == DECIDE) < sent.index(OPEN_RECEIPT)
        await one.driver.close()
        assert {entry["planned"] for entry in one.shop.oism.requests()} == {1}
        assert {one.shop.oism.book.facts(cis(unit(n))).status for n in range(20)} == {"sold"}


@virtual
async def test_as_many_as_a_drive_holds() -> None:
    async with till(oism=True) as one:
        outcome = await one.driver.fiscalise(receipt(*(shoe(unit(n), 100) for n in range(128))))
        assert {verdict.result for verdict in outcome.marking} == {"M+"}
        assert len(outcome.marking) == 128
        assert nothing_left(one)


@virtual
async def test_asking_about_a_code_sells_nothing_and_leaves_nothing() -> None:
    async with till(oism=True) as one:
        good = await one.driver.check_code(unit(0))
        assert (good.result, good.flags, good.kind, good.status, good.reason) == ("M+", 15, 5, 1, "")
        assert nothing_left(one)
        await one.driver.fiscalise(receipt(shoe()))
        sold = await one.driver.check_code(unit(0))
        assert (sold.result, sold.status, sold.reason) == ("M-", 2, "marking_status_wrong")
        back = await one.driver.check_code(unit(0), operation=Operation.SELL_REFUND)
        assert back.result == "M+"
        part = await one.driver.check_code(unit(5), fraction=(1, 2))
        assert part.result == "M+"
        part = await one.driver.check_code(unit(0), fraction=(1, 2))
        assert (part.result, part.reason) == ("M-", "marking_part_status_wrong")
        bare = await one.driver.check_code(unit(6).partition(b"\x1d")[0])
        assert (bare.result, bare.local_reason, bare.reason) == ("M", 3, "marking_tail_missing")
        assert nothing_left(one)
        with pytest.raises(RequestError) as unfit:
            await one.driver.check_code(b"x" * 300)
        assert unfit.value.code == "marking_code_unfit"


@pytest.mark.parametrize("decided", [False, True])
@virtual
async def test_what_another_program_left_in_the_drive_is_thrown_away(decided: bool) -> None:
    async with till(oism=True) as one:
        for n in range(3):
            one.device.register.execute(encode_request(CheckCode(30, 1, 0, (unit(n), b""))))
            if decided or n < 2:
                one.device.register.execute(encode_request(DecideCode(30, 1)))
        assert not nothing_left(one)
        await one.driver.connect()
        assert nothing_left(one)


@virtual
async def test_a_refused_receipt_leaves_nothing_in_a_drive_that_keeps_codes_of_cancelled_ones() -> None:
    async with till(oism=True) as one:
        start, marking = one.device.register.start, one.device.drive.marking

        def keeps(message: bytes) -> Any:
            before = dict(marking._table)
            answer = start(message)
            if message[:1] == CANCEL:
                marking._table.update(before)
            return answer

        one.device.register.start = keeps
        with pytest.raises(Rejected):  # there is no money in the drawer to give back
            await one.driver.fiscalise(receipt(shoe(), operation=Operation.SELL_REFUND))
        assert CANCEL in commands(one)
        assert nothing_left(one)


@virtual
async def test_a_mark_that_is_not_the_documents_is_a_difference() -> None:
    async with till(oism=True) as one:
        start = one.device.register.start

        def says_otherwise(message: bytes) -> Any:
            answer = start(message)
            return answer[:3] + b"\x07" if message[:2] == DECIDE else answer

        one.device.register.start = says_otherwise
        outcome = await one.driver.fiscalise(replace(receipt(shoe()), sell_despite_marking=True))
        assert [(found.path, found.asked, found.found) for found in outcome.differences] == [
            ("1059[0]/2106", "7", "15")
        ]


def forgetting(one: Till, times: int, then: Callable[[], object] = lambda: None) -> None:
    """The drive's table is gone when a receipt is opened, so many times; the last time something happens besides."""
    start, left = one.device.register.start, [times]

    def forgets(message: bytes) -> Any:
        if message[:1] == OPEN_RECEIPT and left[0]:
            left[0] -= 1
            one.device.drive.marking.clear()
            if not left[0]:
                then()
        return start(message)

    one.device.register.start = forgets


@pytest.mark.parametrize("times", [1, 2])
@virtual
async def test_a_code_that_the_drive_forgot_begins_the_receipt_anew(times: int) -> None:
    """When it forgets again, what it checked on the way is what counts."""
    async with till(oism=True) as one:
        forgetting(one, times)
        with pytest.raises(Retryable) as lost:
            await one.driver.fiscalise(TWO)
        assert lost.value.code == "marking_check_lost"
        assert nothing_left(one)
        await one.driver.connect()
        assert letters(await one.driver.fiscalise(TWO)) == [(0, "M+", 15), (1, "M+", 15)]
        assert nothing_left(one)
        assert [record.code for record in one.documents()] == [1, 2, 3]


@virtual
async def test_a_code_spoilt_under_its_checksum_is_not_sold() -> None:
    """The register would take it for another unit, check that, and sell it."""
    async with till(oism=True) as one:
        start, spoilt = one.device.register.start, []

        def spoils(message: bytes) -> Any:
            if message[:2] == BIND and unit(1) in message and not spoilt:
                message = message.replace(b"000001\x1d", b"000010\x1d")
                spoilt.append(message)
            return start(message)

        one.device.register.start = spoils
        outcome = await one.sell(TWO)
        assert spoilt
        assert (outcome.differences, letters(outcome)) == ((), [(0, "M+", 15), (1, "M+", 15)])
        await asyncio.sleep(60)
        assert sorted(sold_codes(one)) == [cis(unit(0)), cis(unit(1))]


@virtual
async def test_what_the_register_checks_on_the_way_may_refuse_the_receipt_yet() -> None:
    async with till(oism=True) as one:
        forgetting(one, 2, lambda: one.shop.oism.book.sold(cis(unit(1))))
        with pytest.raises(Retryable):
            await one.driver.fiscalise(TWO)
        with pytest.raises(MarkingRefused) as refused:
            await one.driver.fiscalise(TWO)
        assert [verdict.result for verdict in refused.value.marking] == ["M+", "M-"]
        assert not (await one.driver.state()).document_open
        assert [record.code for record in one.documents()] == [1, 2]
        assert nothing_left(one)


#: On the wire three marked lines are (FF61, FF69) x 3, 8Dh, (FF46, FF4D, FF67) x 3, FF0C, FF45.
THREE = receipt(*(shoe(unit(n), 1_000 + n) for n in range(3)))
KINDS = (FaultKind.CUT_BEFORE, FaultKind.CUT, FaultKind.RESTART, FaultKind.RESTART_AFTER)


def strike(one: Till, kind: FaultKind, command: bytes, place: int) -> None:
    """The fault comes with the command of this place among its like."""
    left = [place]

    def watch(frame: bytes) -> None:
        if frame[2 : 2 + len(command)] == command:
            left[0] -= 1
            if left[0] == -1:
                one.fault(kind, int.from_bytes(command, "big"))

    one.on_frame = watch


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("command", [CHECK, DECIDE, BIND], ids=["check", "decide", "bind"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
@virtual
async def test_broken_at_any_code_nothing_is_half_accepted(kind: FaultKind, command: bytes, place: int) -> None:
    async with till(oism=True) as one:
        strike(one, kind, command, place)
        outcome = await one.sell(THREE)
        assert not one.emulated.faults.listed(), "the fault never struck"
        assert letters(outcome) == [(n, "M+", 15) for n in range(3)]
        assert [record.code for record in one.documents()] == [1, 2, 3]
        assert nothing_left(one)
        await asyncio.sleep(60)  # what the register has to tell the marking system
        assert sorted(sold_codes(one)) == [cis(unit(n)) for n in range(3)]


@pytest.mark.parametrize("command", [CHECK, DECIDE, BIND], ids=["check", "decide", "bind"])
@pytest.mark.parametrize("place", range(3))
@virtual
async def test_a_receipt_given_up_there_leaves_nothing_behind_the_fence(command: bytes, place: int) -> None:
    async with till(oism=True) as one:
        strike(one, FaultKind.CUT, command, place)
        with pytest.raises(LinkError):
            await one.driver.fiscalise(THREE)
        await one.driver.connect()
        assert nothing_left(one)
        assert not (await one.driver.state()).document_open
        await asyncio.sleep(60)
        assert sold_codes(one) == []


def sold_codes(one: Till) -> list[str]:
    """Every movement of a code that the marking system was told of."""
    told = []
    for _, _, tlv in one.shop.oism.notifications():
        (document,) = decode(tlv)
        told += [number(line.value, 2101) for line in all_of(document.value, 2007)]
    return told
