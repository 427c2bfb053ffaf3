"""The register behind ATOL's web server: `devices.registers.base.Register` over the server's queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, Final

from devices.errors import DeviceError, LinkError, RequestError
from devices.links.base import Link
from devices.registers.atol_web.archive import read_document, read_tlv
from devices.registers.atol_web.errors import task_error
from devices.registers.atol_web.exchange import Exchange
from devices.registers.atol_web.faults import faults, unprintable
from devices.registers.atol_web.marking import Checked, Codes, codes_of, marked
from devices.registers.atol_web.once import Once
from devices.registers.atol_web.options import Options
from devices.registers.atol_web.plan import receipt_task
from devices.registers.atol_web.profile import Profile, at_register, read_profile
from devices.registers.atol_web.queue import Queue
from devices.registers.atol_web.reports import bookmark_of, counters
from devices.registers.atol_web.status import read_drive, read_marking, read_ofd, read_state
from devices.registers.base import (
    Answered,
    ArchivedDocument,
    Bookmark,
    Capability,
    CodeCheck,
    DriveState,
    Fiscal,
    MarkingState,
    OfdState,
    Outcome,
    RegisterState,
    SettingsTable,
)
from devices.registers.driver import BaseDriver, code_fits
from devices.registers.marking import MarkedUnit, unchecked
from devices.registers.readback import PAPER_PENDING, answered_of_old, read_back, refused_yet_made
from devices.registers.timing import Timeouts
from protocols.atol_web.fields import MOMENT, rubles
from protocols.atol_web.queries import DeviceStatus, FnInfo, FnStatus, ShiftStatus, ShiftTotals
from protocols.atol_web.results import FiscalParams, Made, NotAResult, Status, read
from protocols.ffd.documents import document_code
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.limits import longest
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Cashier, Receipt

_LONGEST_CODE: Final = longest(T.MARKING_CODE)


class Driver(BaseDriver[Profile]):
    """Whatever register of ATOL's is behind the server."""

    family = "atol-web"
    lacks = frozenset({Capability.SETTINGS})  # the server tells of no table of settings

    def __init__(self, link: Link, *, zone: tzinfo, timeouts: Timeouts, options: Options) -> None:
        super().__init__(link, zone=zone, timeouts=timeouts)
        self._exchange = Exchange(link, timeouts, options)
        self._queue = Queue(self._exchange, timeouts)
        self._once = Once(self._queue, timeouts)
        self._codes = Codes(self._queue, self._tell, patience=options.marking_wait)
        self._last_document: int | None = None  # as long as nobody else can have changed it
        self._unprinted = False  # a document of ours broke off and nothing was printed on since

    # --- connection

    async def _connect(self) -> None:
        await self._queue.check()  # what waits behind a block would only be added to
        await self._queue.check_memory()
        await self._once.resolve()
        self._profile = await read_profile(self._queue, zone=self._zone, read_at=self._now())
        await self._stands(self._profile.identity.fn, self._profile.document)
        if Capability.MARKING in self.capabilities:
            await self._codes.fence()

    async def fence(self, bookmark: Bookmark) -> None:
        await self._once.fence(bookmark.fn, bookmark.document)

    async def close(self) -> None:
        self._last_document = None
        await self._exchange.close()

    # --- asking

    async def state(self) -> RegisterState:
        state = await read_state(self._queue, self._zone, unprinted=self._unprinted)
        self._saw(state.clock)
        return state

    async def drive(self) -> DriveState:
        return await read_drive(self._queue, self._clock())

    async def ofd(self) -> OfdState:
        return await read_ofd(self._queue, self._zone)

    async def bookmark(self, *, counters: bool = False) -> Bookmark:
        self.answered = None
        await self._once.resolve()
        kinds = (FnInfo, FnStatus, ShiftStatus)
        told = await self._queue.tell(*kinds, *((ShiftTotals,) if counters else ()))
        totals = told[ShiftTotals] if counters else None
        found = bookmark_of(told[FnInfo], told[FnStatus], told[ShiftStatus], totals)
        await self._stands(found.fn, found.document)
        return found

    async def _archived(self, number: int, base: Fiscal) -> ArchivedDocument | None:
        return await read_document(self._queue, number, base=base, zone=self._zone, offline=self._known().offline)

    async def counters(self) -> Mapping[str, int]:
        return counters((await self._queue.tell(ShiftTotals))[ShiftTotals])

    async def settings(self) -> Sequence[SettingsTable]:
        return ()

    async def _check_code(self, unit: MarkedUnit) -> CodeCheck:
        with code_fits():
            if not 0 < len(unit.code) <= _LONGEST_CODE:
                raise ValueError(f"it has {len(unit.code)} bytes")
        return await self._codes.ask(marked(unit))

    async def _marking(self) -> MarkingState:
        return await read_marking(self._queue, self._zone, offline=self._known().offline)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        return faults(receipt, self._known().identity)

    # --- acting

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report("openShift", DocumentCode.SHIFT_OPEN, cashier)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report("closeShift", DocumentCode.SHIFT_CLOSE, cashier)

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        await self.check(receipt)
        self.answered = None
        before, identity = self._last_document, self.identity
        if before is None:
            before = (await self._queue.tell(FnStatus))[FnStatus].fiscal_document_number
        checked = Checked()
        if identity.ffd is FfdVersion.V1_2:
            refuse, over = not receipt.sell_despite_marking, receipt.correction is not None
            checked = await self._codes.check_all(codes_of(receipt), refuse=refuse, over=over)
        try:
            made = await self._made(receipt_task(receipt, identity, checked), prints=receipt.print_paper)
        except DeviceError as error:
            await self._undone(error, before, checked)
            raise
        params = made.fiscal_params
        if params.fiscal_document_number <= before:
            raise answered_of_old(params.fiscal_document_number, before)
        fiscal = self._fiscal(params, document_code(receipt))
        self.answered = Answered(document=fiscal.document, sign=fiscal.sign)
        self._last_document = fiscal.document
        verdicts = checked.verdicts
        if identity.ffd is not FfdVersion.V1_2:
            verdicts = tuple(unchecked(index) for index, item in enumerate(receipt.items) if item.marking is not None)
        raw = await read_tlv(self._queue, fiscal.document)
        if raw is None:
            raise _not_there(fiscal.document)
        outcome = read_back(receipt, identity, fiscal, raw, verdicts, zone=self._zone)
        return await self._with_paper(outcome, made) if receipt.print_paper else outcome

    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._act({"type": "cashIn", "cashSum": rubles(kopecks), **_operator(cashier)})

    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._act({"type": "cashOut", "cashSum": rubles(kopecks), **_operator(cashier)})

    async def x_report(self) -> Mapping[str, int]:
        await self._act({"type": "reportX"})
        return await self.counters()

    async def open_drawer(self) -> None:
        await self._act({"type": "openCashDrawer"}, prints=False)

    async def print_text(self, lines: Sequence[str]) -> None:
        if any(map(unprintable, lines)):
            raise RequestError(
                "the register cannot print this text",
                hint="В тексте символы, которых касса не знает.",
                code="text_unprintable",
            )
        await self._act({"type": "nonFiscal", "items": [{"type": "text", "text": line} for line in lines]})

    async def copy_last(self) -> None:
        await self._act({"type": "printLastReceiptCopy"})

    async def set_clock(self, now: datetime) -> None:
        local = now.astimezone(self._zone)
        await self._act({"type": "setDateTime", "dateTime": local.strftime(MOMENT)}, prints=False)
        await self.connect()

    async def recover(self) -> None:
        await self._once.resolve()
        await self._act({"type": "continuePrint"}, prints=False)
        self._unprinted = False
        if Capability.MARKING in self.capabilities:
            await self._codes.fence()

    # --- helpers

    async def _act(self, task: Mapping[str, Any], *, prints: bool = True) -> Any:
        """The result of a task that changes something; what broke off before is printed on first."""
        if prints and self._unprinted:
            await self._act({"type": "continuePrint"}, prints=False)
            self._unprinted = False
        self._last_document = None
        ended = await self._once.act(task)
        if ended.status is not Status.READY:
            raise task_error(str(task["type"]), ended)
        return ended.result

    async def _made(self, task: Mapping[str, Any], *, prints: bool = True) -> Made:
        """What a task that makes a document answers; LinkError where it does not say which: the drive tells."""
        result = await self._act(task, prints=prints)
        try:
            made = read(Made, result)
            int(made.fiscal_params.fiscal_document_sign)
        except (NotAResult, ValueError) as error:
            raise LinkError(
                f"{task['type']} was done, and the server does not say which document it made: {error}",
                hint="Веб-сервер АТОЛ не сообщил данных документа: программа возьмёт их из накопителя.",
                code="answer_incomplete",
            ) from error
        self._once.made(made.fiscal_params.fiscal_document_number)
        return made

    async def _undone(self, error: DeviceError, before: int, checked: Checked) -> None:
        """A refusal is true if the drive says so too, and leaves nothing behind."""
        now = (await self._queue.tell(FnStatus))[FnStatus].fiscal_document_number
        if now != before:
            raise refused_yet_made(error, before, now) from error
        self._last_document = before
        if checked.results:
            await self._codes.clear()

    async def _report(self, task: str, code: DocumentCode, cashier: Cashier | None) -> Outcome:
        before = self._last_document
        made = await self._made({"type": task, **_operator(cashier)})
        number = made.fiscal_params.fiscal_document_number
        return await self._with_paper(Outcome(fiscal=await self._reported(code, number, before)), made)

    def _fiscal(self, params: FiscalParams, code: DocumentCode) -> Fiscal:
        identity = self.identity
        return Fiscal(
            fn=identity.fn,
            document=params.fiscal_document_number,
            sign=int(params.fiscal_document_sign),
            datetime=at_register(params.fiscal_document_date_time, self._zone),
            registration_number=identity.registration_number,
            shift=params.shift_number,
            number=params.fiscal_receipt_number,
            code=code,
        )

    async def _with_paper(self, outcome: Outcome, made: Made) -> Outcome:
        """What became of the paper. A server that had to find out what was made says nothing of it."""
        if made.warnings is not None:
            unprinted = made.warnings.not_printed
        else:
            status = (await self._queue.tell(DeviceStatus))[DeviceStatus]
            unprinted = not status.paper_present or status.cover_opened
        if not unprinted:
            return outcome
        self._unprinted = True
        return replace(outcome, warnings=(*outcome.warnings, PAPER_PENDING))

    async def _stands(self, fn: str, document: int) -> None:
        self._last_document = document
        await self._once.stand(fn, document)


def _not_there(number: int) -> LinkError:
    """The server named a document that the drive does not have: what was made must be settled."""
    return LinkError(
        f"the server answered with document {number}, and the drive has none such",
        hint="Веб-сервер АТОЛ назвал документ, которого нет в накопителе: программа проверит, что сделано.",
        code="answer_contradicts_drive",
    )


def _operator(cashier: Cashier | None) -> dict[str, Any]:
    if cashier is None:
        return {}
    return {"operator": {"name": cashier.name} | ({"vatin": cashier.inn} if cashier.inn else {})}
