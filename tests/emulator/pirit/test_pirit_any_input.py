"""Whatever a host sends, in whatever state: an answer that its own table can read, and books that balance."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from pirit_kit import CASHIER, PACKET, SALE, PiritBench
from pirit_messages import messages
from register_bench import START
from till_day import TillDay

from emulator.storage import Storage
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


class Till(TillDay):
    cancelling = r.CancelDocument(), errors.WRONG_STATE
    not_enough_cash = errors.NOT_ENOUGH_CASH

    def switched_on(self, storage: Storage | None) -> PiritBench:
        return PiritBench(storage=storage)

    @precondition(lambda self: self.open)
    @rule(short=st.booleans(), over=st.integers(0, 1000), card=st.integers(0, 100), off=st.integers(0, 99))
    def pay(self, *, short: bool, over: int, card: int, off: int) -> None:
        bench, total = self.bench, sum(self.open or ())
        if off and off <= total:
            bench.call(r.Subtotal())
            bench.call(r.ReceiptDiscount(1, "", off))
            total -= off
        bench.call(r.CompareTotal(total))
        by_card = total * card // 100
        cash = left = total - by_card
        bench.pay(by_card, 1)
        if short and left > 1:
            bench.pay(1)
            assert bench.refused(r.CloseDocument(0)) == errors.WRONG_STATE
            left -= 1
        if left:
            bench.pay(left + over)
        assert bench.state == (SALE, 4)
        bench.close()
        self.closed(total, cash)
        assert bench.call(c.LastReceipt()).sum == total

    def moved(self, amount: int, *, incoming: bool) -> int:
        self.bench.call(r.OpenDocument(4 if incoming else 5, 1, CASHIER))
        number = self.bench.refused(r.CashInOut("", amount))
        self.bench.close()
        return int(number)

    def counted(self) -> tuple[int, int]:
        return self.bench.call(i.CashInDrawer()).value, sum(self.bench.call(c.SaleSums()).values)


TestTill = Till.TestCase
TestTill.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
