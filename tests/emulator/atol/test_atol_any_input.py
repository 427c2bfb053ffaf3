"""Whatever a host sends, in whatever state: an answer that its own table can read, and books that balance."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from atol_kit import AtolBench, end_item
from atol_messages import messages
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from till_day import TillDay

from emulator.storage import Storage
from protocols.atol import errors
from protocols.atol.commands import COMMANDS, DeviceRefusal, encode_request, parse_reply
from protocols.atol.commands import drive as d
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.framing_v2 import encode_v2
from protocols.atol.statuses import Mode
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, encode

REQUESTS = st.sampled_from(list(COMMANDS.values())).flatmap(lambda row: messages(row.request))
SENSIBLE = st.sampled_from(
    [
        s.EnterMode(Mode.REGISTRATION, 30),
        s.EnterMode(Mode.Z_REPORTS, 30),
        s.EnterMode(Mode.X_REPORTS, 30),
        s.LeaveMode(),
        r.OpenShift(0),
        r.OpenReceipt(0, 1),
        r.OpenReceipt(0, 7),
        r.BeginItem(0, 1, 0),
        end_item(),
        end_item(5000, tax_sum=400),
        *r.write_tag(encode((Element(1191, "x"),)), printed=True),
        *r.write_tag(encode((Element(1021, "x"),)), printed=True),
        r.Pay(0, 1, 5000),
        r.CloseReceipt(0, 1, 0),
        r.CloseReceipt(0, 2, 0),
        r.CancelReceipt(),
        r.CloseShift(),
        r.Report(9),
        d.BeginTlv(1),
        d.ReadTlv(),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FfdVersion), st.lists(REQUESTS | SENSIBLE, max_size=25))
def test_every_answer_can_be_read(ffd: FfdVersion, requests: list[Any]) -> None:
    bench = AtolBench(ffd)
    for request in requests:
        message = encode_request(request)
        if len(message) > 255:
            continue  # no frame can carry it
        answer = bench.register.execute(message)
        encode_v2(answer)
        with suppress(DeviceRefusal):
            parse_reply(COMMANDS.of(type(request)), answer)


@given(st.binary(max_size=255))
def test_any_bytes_get_an_answer(message: bytes) -> None:
    encode_v2(AtolBench().register.execute(message))


class Till(TillDay):
    cancelling = r.CancelReceipt(), errors.RECEIPT_CLOSED
    not_enough_cash = errors.NOT_ENOUGH_CASH

    def switched_on(self, storage: Storage | None) -> AtolBench:
        bench = AtolBench(storage=storage)
        bench.mode(Mode.REGISTRATION)
        return bench

    @precondition(lambda self: self.open)
    @rule(short=st.booleans(), over=st.integers(0, 1000), card=st.integers(0, 100))
    def pay(self, *, short: bool, over: int, card: int) -> None:
        total = sum(self.open or ())
        by_card = total * card // 100
        left = total - by_card
        assert self.bench.call(r.Pay(0, 2, by_card)) == r.PayReply(left, 0)
        if short and left > 1:
            assert self.bench.refused(r.CloseReceipt(0, 1, left - 1)) == errors.PAYMENT_SHORT
        self.bench.close(1, left + over if left else 0)
        self.closed(total, left)

    def moved(self, amount: int, *, incoming: bool) -> int:
        return int(self.bench.refused(r.CashIn(0, amount) if incoming else r.CashOut(0, amount)))

    def counted(self) -> tuple[int, int]:
        return self.bench.read(10).sum, sum(self.bench.read(3, 1, form).sum for form in range(1, 6))


TestTill = Till.TestCase
TestTill.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
