"""A register reduced to what a worker must cope with: a drive that counts documents, a link that fails on demand.

`Till` is what survives a reconnect or the gateway's death; `FakeRegister` is a driver on it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.errors import LinkError, NeedsOperator
from devices.registers.base import (
    Answered,
    ArchivedDocument,
    Bookmark,
    Capability,
    DriveState,
    Fiscal,
    Identity,
    MarkingState,
    OfdState,
    Outcome,
    Paper,
    Register,
    RegisterState,
    SettingsTable,
    Shift,
)
from devices.registers.doubts import Unprovable, unprovable
from devices.registers.faults import registration_faults
from devices.registers.settle import Absent, Exists, Settled
from devices.registers.verdicts import (
    CashWanted,
    Found,
    Open,
    ReportWanted,
    Wanted,
    judge_cash,
    judge_documents,
    judge_report,
)
from protocols.ffd.enums import DocumentCode, FfdVersion, Taxation, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt
from protocols.ffd.rules import document_faults

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FN = "9999078900001234"

#: Faults of a call, given by name of the call: lost before or after it took effect, never answered, or an error.
LOST_BEFORE, LOST_AFTER, HANG_BEFORE, HANG_AFTER = "lost_before", "lost_after", "hang_before", "hang_after"


@dataclass
class Till:
    """The register's memory and its surroundings."""

    documents: list[ArchivedDocument] = field(default_factory=list)
    shift: Shift = Shift.OPEN
    shift_number: int = 1
    paper: Paper = Paper.PRESENT
    cash: list[int] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    x_reports: int = 0
    down: bool = False
    frozen: bool = False
    unprovable: bool = False
    fn: str = FN
    vat_rates: frozenset[Vat] = frozenset(Vat)
    marking: MarkingState | None = None
    calls: list[str] = field(default_factory=list)
    faults: defaultdict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    connected: FakeRegister | None = None

    def receipts(self) -> list[ArchivedDocument]:
        return [one for one in self.documents if one.code is DocumentCode.RECEIPT]

    def add(self, code: DocumentCode, receipt: Receipt | None = None) -> Outcome:
        number = len(self.documents) + 1
        fiscal = Fiscal(
            fn=self.fn,
            document=number,
            sign=1000 + number,
            datetime=START + timedelta(minutes=number),
            registration_number="0000000001006166",
            shift=self.shift_number,
            number=number,
            qr=None,
            code=code,
        )
        self.documents.append(
            ArchivedDocument(
                code=code,
                fiscal=fiscal,
                acknowledged=False,
                operation=receipt.operation if receipt else None,
                total=receipt.total if receipt else None,
            )
        )
        return Outcome(fiscal=fiscal)


class FakeRegister(Register):
    family = "fake"

    def __init__(self, till: Till) -> None:
        self.till = till
        self.open = False
        self._fn = till.fn  # as read when it connected

    @property
    def identity(self) -> Identity:
        return Identity(
            family="fake",
            model="Касса",
            serial="0001",
            firmware="1",
            fn=self._fn,
            registration_number="0000000001006166",
            inn="7707083893",
            ffd=FfdVersion.V1_2,
            taxations=frozenset({Taxation.OSN}),
            vat_rates=self.till.vat_rates,
        )

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(Capability) - {Capability.SETTINGS}

    async def _call(self, name: str, effect: Any = None) -> Any:
        till = self.till
        if till.frozen:
            await asyncio.Future()
        till.calls.append(name)
        if not self.open or till.down or till.connected is not self:
            self.open = False
            raise LinkError("cut")
        await asyncio.sleep(0.001)
        fault = till.faults[name].popleft() if till.faults[name] else None
        if isinstance(fault, Exception):
            raise fault
        if fault == HANG_BEFORE:
            await asyncio.Future()
        if fault == LOST_BEFORE:
            self.open = False
            raise LinkError("silence")
        answer = effect() if effect else None
        if fault == HANG_AFTER:
            await asyncio.Future()
        if fault == LOST_AFTER:
            self.open = False
            raise LinkError("silence")
        return answer

    async def connect(self) -> None:
        if self.till.frozen:
            await asyncio.Future()
        await asyncio.sleep(0.001)
        if self.till.down:
            raise LinkError("refused", code="link_refused")
        if self.till.faults["connect"]:
            raise self.till.faults["connect"].popleft()
        self.open = True
        self._fn = self.till.fn
        self.till.connected = self

    async def close(self) -> None:
        self.open = False

    async def state(self) -> RegisterState:
        till = self.till
        return await self._call(
            "state",
            lambda: RegisterState(
                mode="2",
                shift=till.shift,
                shift_number=till.shift_number,
                receipt_number=0,
                document_open=False,
                paper=till.paper,
                cover_open=False,
                drawer_open=False,
                printing=False,
                clock=START,
            ),
        )

    async def drive(self) -> DriveState:
        return await self._call(
            "drive",
            lambda: DriveState(
                number=self.till.fn,
                phase="fiscal",
                last_document=len(self.till.documents),
                last_document_at=None,
                current_document=0,
                valid_until=None,
                days_left=None,
                documents_left=None,
                warnings=(),
            ),
        )

    async def marking_state(self) -> MarkingState | None:
        return self.till.marking

    async def ofd(self) -> OfdState:
        return await self._call(
            "ofd",
            lambda: OfdState(unsent=0, first_unsent=None, first_unsent_at=None, connected=True),
        )

    async def bookmark(self, *, counters: bool = False) -> Bookmark:
        till = self.till
        self.answered = None
        ins, outs = ([amount for amount in till.cash if (amount > 0) is incoming] for incoming in (True, False))
        return await self._call(
            "bookmark",
            lambda: Bookmark(
                fn=till.fn,
                document=len(till.documents),
                shift=till.shift_number,
                shift_open=till.shift is not Shift.CLOSED,
                cash_ins=len(ins) if counters else None,
                cash_outs=len(outs) if counters else None,
                cash_in_sum=sum(ins) if counters else None,
                cash_out_sum=-sum(outs) if counters else None,
                x_reports=till.x_reports if counters else None,
            ),
        )

    async def document(self, number: int) -> ArchivedDocument | None:
        found = self.till.documents[number - 1 : number] if number > 0 else []
        return await self._call("document", lambda: found[0] if found else None)

    async def counters(self) -> Mapping[str, int]:
        return {"sell": len(self.till.receipts())}

    async def settings(self) -> Sequence[SettingsTable]:
        return ()

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        known = registration_faults(receipt, self.identity, marking=True)
        return (*document_faults(receipt, self.identity.ffd), *known)

    async def check(self, receipt: Receipt) -> None:
        fault = self.till.faults["check"].popleft() if self.till.faults["check"] else None
        if fault is not None:
            raise fault
        await super().check(receipt)

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        def effect() -> Outcome:
            self.till.shift, self.till.shift_number = Shift.OPEN, self.till.shift_number + 1
            return self.till.add(DocumentCode.SHIFT_OPEN)

        return await self._call("open_shift", effect)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        def effect() -> Outcome:
            self.till.shift = Shift.CLOSED
            return self.till.add(DocumentCode.SHIFT_CLOSE)

        return await self._call("close_shift", effect)

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        if self.till.paper is not Paper.PRESENT:
            await self._call("fiscalise")
            raise NeedsOperator("no paper", number=107, code="paper_out", hint="Вставьте ленту.")
        return await self._call("fiscalise", lambda: self.till.add(DocumentCode.RECEIPT, receipt))

    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._call("cash_in", lambda: self.till.cash.append(kopecks))

    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._call("cash_out", lambda: self.till.cash.append(-kopecks))

    async def x_report(self) -> Mapping[str, int]:
        def effect() -> Mapping[str, int]:
            self.till.x_reports += 1
            return {"sell": len(self.till.receipts())}

        return await self._call("x_report", effect)

    async def open_drawer(self) -> None:
        await self._call("open_drawer")

    async def print_text(self, lines: Sequence[str]) -> None:
        await self._call("print_text", lambda: self.till.printed.extend(lines))

    async def copy_last(self) -> None:
        await self._call("copy_last", lambda: self.till.printed.append(f"copy {len(self.till.documents)}"))

    async def set_clock(self, now: datetime) -> None:
        await self._call("set_clock")

    async def recover(self) -> None:
        await self._call("recover")


async def fake_settle(
    register: Register,
    bookmark: Bookmark,
    wanted: Wanted,
    *,
    port_kept: bool = True,
    claimed: Collection[tuple[int, int]] = (),
    answered: Answered | None = None,
    fenced_at: int | None = None,
) -> Settled:
    """The contract of `devices.registers.settle`: the same judges over a till that the test can make unprovable."""
    assert isinstance(register, FakeRegister)
    till = register.till
    await register.connect()
    now = await register.bookmark(counters=True)
    if till.unprovable:
        raise Unprovable("the drive was replaced", hint="Сверьте чеки.")
    made = tuple(till.documents[bookmark.document : fenced_at])
    if isinstance(wanted, CashWanted):
        verdict = judge_cash(wanted, bookmark, now, port_kept=port_kept)
    elif isinstance(wanted, ReportWanted):
        verdict = judge_report(bookmark, now)
    else:
        verdict = judge_documents(
            wanted,
            bookmark,
            made,
            ffd=register.identity.ffd,
            port_kept=port_kept,
            claimed=claimed,
            answered=answered,
        )
    if isinstance(verdict, Open):
        raise unprovable(verdict.doubt, verdict.facts, candidates=verdict.candidates, fenced_at=len(till.documents))
    if not isinstance(verdict, Found):
        return Absent(foreign=made)
    if verdict.document is None:
        return Exists(outcome=None)
    others = tuple(one for one in made if one is not verdict.document)
    return Exists(outcome=Outcome(fiscal=verdict.document.fiscal), foreign=others)
