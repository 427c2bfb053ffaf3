"""Whatever a host sends, in whatever state: an answer that its own table can read, and books that balance."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pirit_kit import CASHIER, PACKET, SALE, START, PiritBench
from pirit_messages import messages
from shtrih_kit import value

from protocols.ffd.enums import FfdVersion
from protocols.pirit import errors
from protocols.pirit.commands import COMMANDS, DeviceRefusal, encode_request, parse_reply, state
from protocols.pirit.commands import counters as c
from protocols.pirit.commands import drive as d
from protocols.pirit.commands import info as i
from protocols.pirit.commands import marking as m
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands.printing import PrintText
from protocols.pirit.device import READY, message_of
from protocols.pirit.fields import Cashier
from protocols.pirit.framing import PASSWORD, Reply, Request

CODE = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
BOTH = [FfdVersion.V1_05, FfdVersion.V1_2]
REQUESTS = st.sampled_from(list(COMMANDS.values())).flatmap(lambda row: messages(row.request))
SENSIBLE = st.sampled_from(
    [
        state.BeginWork(START.replace(tzinfo=None)),
        s.OpenShift(CASHIER),
        s.CloseShift(CASHIER),
        r.OpenDocument(SALE, 1, CASHIER),
        r.OpenDocument(SALE | PACKET, 1, CASHIER),
        r.OpenDocument(1, 1),
        r.OpenDocument(4, 1),
        r.OpenDocument(5, 1),
        PrintText("текст"),
        r.CashInOut("", 5000),
        r.ItemDetails(b"", "x"),
        r.ItemDetails(b"@" + CODE),
        r.AddItem("Чай", "", Decimal(1), 5000, 1),
        r.AddItem("Чай", "", Decimal("0.333"), 5000, 3),
        r.Subtotal(),
        r.ReceiptDiscount(1, "", 7),
        r.SetTotal(5050),
        r.Payment(0, 6000),
        r.Payment(1, 5000),
        r.CloseDocument(0),
        r.CancelDocument(),
        r.Correction(CASHIER, 100, None, None, None, None, 0, date(2026, 3, 1), "1"),
        r.Correction(CASHIER, 0, None, None, None, None, 0x80, date(2026, 3, 1), "1"),
        m.CheckCode(CODE, 0, 1, Decimal(1), 0, 0),
        m.DecideCode(1),
        m.AttachCode(CODE, 1, 0, 0, 0),
        s.XReport(Cashier("x")),
        d.SelectDocument(1),
        d.ReadTlv(),
        r.OpenCopy(2, 1, CASHIER, 1, 1, START.replace(tzinfo=None)),
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(BOTH), st.lists(REQUESTS | SENSIBLE, max_size=25))
def test_every_answer_can_be_read(ffd: FfdVersion, requests: list[Any]) -> None:
    bench = PiritBench(ffd, quirks=frozenset({"pirit-2sf"}) if len(requests) % 2 else frozenset())
    bench.open_shift()
    for request in requests:
        message = message_of(encode_request(0x20, request))
        answer = bench.register.execute(message)
        if answer == READY:
            payload = b"\x1b" * min(request.payload_size, 99)
            answer = bench.register.execute(message + b"\x03" + payload)
        if not answer:
            assert COMMANDS.of(type(request)).silent
            continue
        reply = Reply(0x20, int(answer[:2], 16), int(answer[2:4], 16), answer[4:])
        with suppress(DeviceRefusal):
            parse_reply(COMMANDS.of(type(request)), reply)


@settings(deadline=None)
@given(st.integers(0, 255), st.binary(max_size=80))
def test_any_bytes_get_an_answer(command: int, data: bytes) -> None:
    bench = PiritBench()
    assert bench.register.execute(message_of(Request(0x20, command, data.replace(b"\x03", b"\x04"), PASSWORD)))


class Till(RuleBasedStateMachine):
    """A shop's day in any order, against a model of its money."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = PiritBench()
        self.bench.open_shift()
        self.cash, self.sold, self.documents = 0, 0, 2
        self.open: list[int] | None = None

    @precondition(lambda self: self.open is None)
    @rule()
    def begin(self) -> None:
        self.bench.open()
        self.open = []

    @precondition(lambda self: self.open is not None)
    @rule(price=st.integers(1, 10**6), quantity=st.integers(1, 5))
    def sell(self, price: int, quantity: int) -> None:
        assert self.open is not None
        self.bench.sell(price, quantity=str(quantity))
        self.open.append(price * quantity)

    @precondition(lambda self: self.open)
    @rule(short=st.booleans(), over=st.integers(0, 1000), card=st.integers(0, 100), off=st.integers(0, 99))
    def pay(self, *, short: bool, over: int, card: int, off: int) -> None:
        bench = self.bench
        total = sum(self.open or ())
        if off and off <= total:
            bench.call(r.Subtotal())
            bench.call(r.ReceiptDiscount(1, "", off))
            total -= off
        bench.call(r.CompareTotal(total))
        by_card = total * card // 100
        left = total - by_card
        bench.pay(by_card, 1)
        if short and left > 1:
            bench.pay(1)
            assert bench.refused(r.CloseDocument(0)) == errors.WRONG_STATE
            left -= 1
            self.cash += 1
        if left:
            bench.pay(left + over)
        assert bench.state == (SALE, 4)
        bench.close()
        self.documents += 1
        self.cash += left
        self.sold += total
        self.open = None
        assert value(bench.document(), 1020) == total
        assert bench.call(c.LastReceipt()).sum == total

    @rule()
    def cancel(self) -> None:
        wanted = 0 if self.open is not None else errors.WRONG_STATE
        assert self.bench.refused(r.CancelDocument()) == wanted
        self.open = None

    @precondition(lambda self: self.open is None)
    @rule(amount=st.integers(0, 10**6), incoming=st.booleans())
    def move(self, *, amount: int, incoming: bool) -> None:
        self.bench.call(r.OpenDocument(4 if incoming else 5, 1, CASHIER))
        fits = incoming or amount <= self.cash
        assert self.bench.refused(r.CashInOut("", amount)) == (0 if fits else errors.NOT_ENOUGH_CASH)
        self.bench.close()
        if fits:
            self.cash += amount if incoming else -amount

    @precondition(lambda self: self.open is None)
    @rule()
    def end_of_shift(self) -> None:
        self.bench.close_shift()
        self.bench.open_shift()
        self.documents += 2
        self.sold = 0

    @rule()
    def power_cut(self) -> None:
        self.bench = PiritBench(storage=self.bench.storage)
        self.open = None

    @invariant()
    def books_balance(self) -> None:
        assert self.bench.drive.last_document == self.documents
        assert self.bench.call(i.CashInDrawer()).value == self.cash
        assert sum(self.bench.call(c.SaleSums()).values) == self.sold


TestTill = Till.TestCase
TestTill.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
