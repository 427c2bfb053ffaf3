"""Whatever a host sends, in whatever state: an answer that its own table can read, and books that balance."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from shtrih_kit import ADMIN, Bench, closing, item, value
from shtrih_messages import messages

from emulator.registers.shtrih.register import SUPPORTED
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, encode
from protocols.shtrih.commands import COMMANDS, DeviceRefusal, encode_request, parse_reply
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.framing import encode_v1
from protocols.wire import names_of

ROWS = [row for row in COMMANDS.values() if row.request in SUPPORTED]
REQUESTS = st.sampled_from(ROWS).flatmap(lambda row: messages(row.request))
SENSIBLE = st.sampled_from(
    [
        item(),
        item(5000, object=33),
        closing(10000),
        closing(1 << 30),
        r.OpenReceipt(ADMIN, 0),
        r.OpenReceipt(ADMIN, 0x82),
        r.OpenShift(ADMIN),
        r.ZReport(ADMIN),
        r.CancelReceipt(ADMIN),
        d.BeginCloseShift(ADMIN),
        d.CancelDocument(ADMIN),
        d.SelectDocument(ADMIN, 1),
        d.NextTlv(ADMIN),
        d.BeginCorrection(ADMIN),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FfdVersion), st.lists(REQUESTS | SENSIBLE, max_size=25), st.data())
def test_every_answer_can_be_read(ffd, requests, data):
    bench = Bench(ffd)
    for request in requests:
        if hasattr(request, "password") and data.draw(st.booleans()):
            fields = {name: getattr(request, name) for name in names_of(type(request))}
            request = type(request)(**(fields | {"password": ADMIN}))
        message = encode_request(request)
        if len(message) > 255:
            continue  # no frame can carry it
        answer = bench.register.execute(message)
        encode_v1(answer)
        with suppress(DeviceRefusal):
            parse_reply(COMMANDS.of(type(request)), answer)


@given(st.binary(max_size=255))
def test_any_bytes_get_an_answer(message):
    answer = Bench().register.execute(message)
    encode_v1(answer or b"\x37")
    code = 2 if message[:1] == b"\xff" else 1
    assert answer.startswith(message[:code])


class Till(RuleBasedStateMachine):
    """A shop's day in any order, against a model of its money."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.cash = self.cash_ins = self.sold = 0
        self.documents = 1
        self.shift_open = False
        self.open: list[int] | None = None

    def opened(self) -> None:
        if not self.shift_open:
            self.shift_open, self.documents, self.sold, self.cash_ins = True, self.documents + 1, 0, 0

    @rule(price=st.integers(0, 10**7), quantity=st.integers(1, 5))
    def sell(self, price: int, quantity: int) -> None:
        self.bench.call(item(price, quantity=str(quantity)))
        self.opened()
        self.open = [*(self.open or []), price * quantity]

    @precondition(lambda self: self.open)
    @rule(short=st.booleans(), over=st.integers(0, 1000), card=st.integers(0, 100))
    def pay(self, *, short: bool, over: int, card: int) -> None:
        total = sum(self.open)
        by_card = total * card // 100
        if short and total > by_card:
            assert self.bench.refused(closing(total - by_card - 1, electronic=by_card)) == 0x45
            return
        reply = self.bench.call(closing(total - by_card + over, electronic=by_card))
        self.documents += 1
        self.cash += total - by_card
        self.sold += total
        self.open = None
        assert (reply.change, reply.document) == (over, self.documents)
        assert value(self.bench.document(), 1020) == total

    @rule()
    def cancel(self) -> None:
        assert self.bench.refused(r.CancelReceipt(ADMIN)) == (0 if self.open is not None else 0x55)
        self.open = None

    @precondition(lambda self: self.open is None)
    @rule(amount=st.integers(1, 10**6))
    def bring_cash(self, amount: int) -> None:
        if self.bench.refused(r.CashIn(ADMIN, amount)):
            assert not self.shift_open
        else:
            self.cash += amount
            self.cash_ins += amount

    @precondition(lambda self: self.open is None and self.shift_open)
    @rule(amount=st.integers(1, 10**6))
    def take_cash(self, amount: int) -> None:
        number = self.bench.refused(r.CashOut(ADMIN, amount))
        assert number == (0x46 if amount > self.cash else 0)
        self.cash -= 0 if number else amount

    @rule()
    def z_report(self) -> None:
        expected = 0x4A if self.open is not None else 0 if self.shift_open else 0x3D
        assert self.bench.refused(r.ZReport(ADMIN)) == expected
        if not expected:
            self.shift_open, self.documents, self.sold, self.cash_ins = False, self.documents + 1, 0, 0

    @rule()
    def power_cut(self) -> None:
        self.bench = Bench(storage=self.bench.storage)
        self.open = None

    @invariant()
    def books_balance(self) -> None:
        bench = self.bench
        assert bench.drive.last_document == self.documents
        assert bench.money(241) == self.cash
        assert bench.money(242) == self.cash_ins
        assert sum(bench.money(number) for number in (193, 197)) == self.sold
        assert bench.mode == (8 if self.open is not None else 2 if self.shift_open else 4)
        status = bench.call(d.DriveStatus(ADMIN))
        assert status.current_document == (4 if self.open is not None else 0)


Till.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestTill = Till.TestCase


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 250), min_size=1, max_size=30))
def test_long_items_are_read_back_whole(lengths):
    bench = Bench()
    for length in lengths:
        bench.sell(100, name="Я" * (length % 128))
        bench.call(d.SendItemTlv(ADMIN, encode([Element(1191, "д" * (length % 64 + 1))])))
    bench.close(100 * len(lengths))
    selected = bench.call(d.SelectDocument(ADMIN, 3))
    body = b""
    while len(body) < selected.length:
        body += bench.call(d.NextTlv(ADMIN)).tlv
    assert body == bench.drive.document(3).body
