"""Anything may happen to a drive in any order: a simple model must agree with it after every step."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from drive_kit import START, HandClock, correction, receipt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emulator.faults import PowerLoss
from emulator.fiscal_drive import DriveError, FiscalDrive
from emulator.ofd import Behaviour, OfdServer
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import find
from protocols.fn.statuses import Fault
from protocols.ofd import session

C = DocumentCode
sums = st.integers(0, 10**9)
operations = st.integers(1, 4)
cuts = st.sampled_from(["", "", "", "before", "after"])


class DriveMachine(RuleBasedStateMachine):
    """The model: a list of documents, a shift, the number confirmed, sums by operation."""

    @initialize(ffd=st.sampled_from(FfdVersion))
    def start(self, ffd: FfdVersion) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.clock = HandClock()
        self.ofd = OfdServer(now=self.clock)
        self.cut = ""
        self.codes: list[DocumentCode] = [C.REGISTRATION]
        self.times = [START]
        self.signs: dict[int, int] = {}
        self.shift = 0
        self.opened = None
        self.receipts = 0
        self.confirmed = 0
        self.sums: Counter[str] = Counter()
        self.shift_sums: Counter[str] = Counter()
        self.receipt_sums: dict[int, tuple[str, int]] = {}
        self.switch_on(ffd)

    def switch_on(self, ffd: FfdVersion | None = None) -> None:
        self.storage = Storage(Path(self.directory.name))
        self.drive = FiscalDrive(self.storage, now=self.clock, rng=random.Random(3), ffd=ffd, on_commit=self.power)

    def power(self, phase: str) -> None:
        if phase == self.cut:
            self.cut = ""
            raise PowerLoss(0)

    def teardown(self) -> None:
        if hasattr(self, "storage"):
            self.storage.close()
            self.directory.cleanup()

    def refusal(self, code: DocumentCode) -> int:
        """The error the model expects, 0 for none."""
        settlement = code in {C.RECEIPT, C.CORRECTION}
        if code is not C.STATE_REPORT and (settlement or code is C.SHIFT_CLOSE) != (self.opened is not None):
            return Fault.WRONG_STATE
        if self.clock.at < self.times[-1]:
            return Fault.BAD_TIME
        if settlement and self.opened and self.clock.at - self.opened > timedelta(hours=24):
            return Fault.SHIFT_EXPIRED
        waits = len(self.codes) > self.confirmed
        if (
            (settlement or code is C.SHIFT_OPEN)
            and waits
            and self.clock.at - self.times[self.confirmed] > timedelta(days=30)
        ):
            return Fault.OFD_WAIT_EXHAUSTED
        return 0

    def make(self, code: DocumentCode, body: list, cut: str) -> bool:
        """Make a document under a power cut or none; True when the model must count it."""
        expected = self.refusal(code)
        self.cut, refused = cut, 0
        try:
            with self.storage.transaction():
                document = self.drive.commit(code, body)
                self.storage.put("register", document.number)
        except DriveError as error:
            refused = error.number
        except PowerLoss:
            if cut == "before":
                return False
        else:
            assert not cut
        assert refused == expected
        self.cut = ""
        if refused:
            return False
        self.codes.append(code)
        self.times.append(self.clock.at)
        return True

    @rule(cut=cuts)
    def open_shift(self, cut: str) -> None:
        if self.make(C.SHIFT_OPEN, [], cut):
            self.shift, self.opened, self.receipts, self.shift_sums = self.shift + 1, self.clock.at, 0, Counter()

    @rule(cut=cuts)
    def close_shift(self, cut: str) -> None:
        if self.make(C.SHIFT_CLOSE, [], cut):
            self.opened = None

    @rule(cut=cuts)
    def report(self, cut: str) -> None:
        self.make(C.STATE_REPORT, [], cut)

    @rule(cash=sums, card=sums, operation=operations, cut=cuts)
    def sell(self, cash: int, card: int, operation: int, cut: str) -> None:
        if self.make(C.RECEIPT, receipt(cash, card, operation=operation), cut):
            self.count(f"{operation}.1201", cash + card)

    @rule(cash=sums, operation=operations, cut=cuts)
    def correct(self, cash: int, operation: int, cut: str) -> None:
        if self.make(C.CORRECTION, correction(cash, operation=operation), cut):
            self.count(f"c{operation}.1201", cash)

    def count(self, key: str, total: int) -> None:
        self.receipts += 1
        self.sums[key] += total
        self.shift_sums[key] += total
        self.receipt_sums[len(self.codes)] = (key, total)

    @rule(minutes=st.sampled_from([0, 1, 59, 24 * 60, 24 * 60 + 1, 29 * 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    @rule()
    def clock_falls_back(self) -> None:
        if self.clock.at - timedelta(minutes=2) >= START:
            self.clock.advance(minutes=-2)

    @rule(behaviour=st.sampled_from([Behaviour.CONFIRM] * 4 + [Behaviour.WRONG_NUMBER, Behaviour.WRONG_CRC]))
    def send(self, behaviour: Behaviour) -> None:
        message = self.drive.next_message()
        assert (message is None) == (self.confirmed == len(self.codes))
        if message is None:
            return
        (event,) = session.Parser().feed(session.build(self.drive.number, message, b"\x01\x20"))
        answer = self.ofd.receive(event, behaviour)
        try:
            self.drive.confirm(answer)
        except DriveError as error:
            refused = error.number
        else:
            refused = 0
            self.confirmed += 1
        assert refused == (0 if behaviour is Behaviour.CONFIRM else Fault.CONFIRMATION_REFUSED)

    @rule(closed=st.booleans())
    def restart(self, closed: bool) -> None:
        if closed:
            self.storage.close()
            self.switch_on()
        else:
            self.drive = FiscalDrive(self.storage, now=self.clock, rng=random.Random(4), on_commit=self.power)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "drive"):
            return
        drive, count = self.drive, len(self.codes)
        assert (drive.last_document, drive.shift, drive.shift_open) == (count, self.shift, self.opened is not None)
        assert drive.receipt == self.receipts
        assert drive.backlog.count == count - self.confirmed
        assert self.storage.get("register") in {None, *range(count + 1)}
        assert drive.document(count + 1) is None
        self.documents_agree()
        for counters, model in ((drive.totals, self.sums), (drive.shift_totals, self.shift_sums)):
            assert {key: counters[key] for key in counters if key.endswith("1201")} == +model
        unsent: Counter[str] = Counter()
        for number, (key, total) in self.receipt_sums.items():
            if number > self.confirmed:
                unsent[key] += total
        assert {key: value for key, value in drive.unsent_totals.items() if key.endswith("1201")} == +unsent

    def documents_agree(self) -> None:
        documents = list(self.drive.documents())
        assert [document.code for document in documents] == self.codes
        assert [document.number for document in documents] == list(range(1, len(self.codes) + 1))
        assert [document.at for document in documents] == [at.replace(tzinfo=None) for at in self.times]
        for document in documents:
            assert (document.confirmation is not None) == (document.number <= self.confirmed)
            assert self.signs.setdefault(document.number, document.sign) == document.sign, "a document never changes"
        assert find(documents[-1].elements, 1040).value == len(documents)
        came = self.ofd.received()
        assert [one.tlv for one in came] == [document.tlv for document in documents[: len(came)]]
        assert len(came) in {self.confirmed, self.confirmed + 1}


DriveMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestDriveMachine = DriveMachine.TestCase
