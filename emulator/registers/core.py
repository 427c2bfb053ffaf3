"""The parts of one register that its commands share, and what every family does with them.

A family subclasses `Core` with its own memory and draft, and adds what its commands keep in RAM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from emulator.fiscal_drive import FiscalDrive, Registration, Sold, StoredDocument
from emulator.registers.body import Closing, receipt_body
from emulator.registers.clock import RegisterClock
from emulator.registers.draft import Draft
from emulator.registers.memory import Memory, save
from emulator.registers.payments import Paid
from emulator.registers.printer import Printer
from emulator.registers.refusals import Denied, Reason
from emulator.registers.till import CASH, DOCUMENTS, Till
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation
from protocols.ffd.tlv import Element, find


@dataclass(frozen=True, slots=True)
class Asking:
    """A command that waits for the marking system: what it asks (a container), and what becomes of the answer.

    `then` takes the answering container, or None when none came in time; it answers what the command would have.
    """

    message: bytes
    then: Callable[[bytes | None], Any]


@dataclass(slots=True, kw_only=True)
class Core:
    """Everything a command may touch. Attributes from `draft` on are RAM: a power cut clears them."""

    drive: FiscalDrive
    storage: Storage
    memory: Memory
    till: Till
    printer: Printer
    clock: RegisterClock
    random: Random
    quirks: frozenset[str] = frozenset()
    draft: Draft | None = None
    begun_tags: list[Element] = field(default_factory=list)  # sent for a document that is no receipt
    last_closed: tuple[Draft, Paid] | None = None

    @property
    def registration(self) -> Registration:
        """Denied NOT_REGISTERED before the first registration."""
        registration = self.drive.registration
        if registration is None:
            raise Denied(Reason.NOT_REGISTERED)
        return registration

    @property
    def registered(self) -> Registration:
        """As it is, or as it was before the drive was made new; Denied NOT_REGISTERED when it never was."""
        kept = self.memory.registration
        if self.drive.registration is None and kept is not None:
            return Registration.from_json(kept)
        return self.registration

    @property
    def ffd(self) -> FfdVersion:
        return self.registration.ffd

    def now(self) -> datetime:
        """The register's own clock, zone-aware."""
        return self.clock()

    def lose_clock(self) -> None:
        """The register's clock starts over; how it must be set is the family's affair."""
        self.clock.lose("set")

    def save(self) -> None:
        save(self.storage, self.memory)

    # --- the open receipt

    def begin(self, draft: Draft) -> None:
        """Open a receipt. DriveError where the drive takes no such document now."""
        self.drive.begin(draft.code)
        self.draft = draft

    def open_draft(self) -> Draft:
        """The open receipt; Denied NO_RECEIPT when there is none."""
        if self.draft is None:
            raise Denied(Reason.NO_RECEIPT)
        return self.draft

    def drop_draft(self) -> None:
        self.drive.cancel()
        self.draft = None

    def check_drawer(self, change: int) -> None:
        """Denied NOT_ENOUGH_CASH when the drawer holds less than goes out."""
        if self.till[CASH] + change < 0:
            raise Denied(Reason.NOT_ENOUGH_CASH)

    def close_receipt(
        self, draft: Draft, closing: Closing, *, header: Sequence[str] = (), footer: Sequence[str] = ()
    ) -> StoredDocument:
        """The fiscal document of a receipt that is settled, counted and printed with it; nothing is open then."""
        paid = closing.paid

        def then(document: StoredDocument) -> None:
            self.till.post_receipt(draft, paid)
            self.print_document(
                document,
                received=paid.received,
                header=[*header, *draft.header],
                footer=[*draft.footer, *footer],
                unprinted=[index for index, item in enumerate(draft.items) if not item.printed],
            )

        body, sold = receipt_body(draft, closing, self.registration)
        document = self.make(draft.code, body, then, sold)
        self.draft, self.last_closed = None, (draft, paid)
        return document

    def correct(
        self, operation: Operation, cash: int, tags: Sequence[Element], *, header: Sequence[str] = ()
    ) -> StoredDocument:
        """A correction by sums (ФФД 1.05); tags that the host sent before win over `tags`."""
        given = {element.tag for element in self.begun_tags}
        own = (*tags, *self.registration.receipt_elements())

        def then(document: StoredDocument) -> None:
            self.till.post_settlement(operation, cash)
            self.print_document(document, header=header)

        body = (*self.begun_tags, *(element for element in own if element.tag not in given))
        return self.make(DocumentCode.CORRECTION, body, then)

    # --- documents

    def make(
        self,
        code: DocumentCode,
        body: Sequence[Element],
        then: Callable[[StoredDocument], None],
        sold: Sequence[Sold] = (),
    ) -> StoredDocument:
        """Commit a document and, in the same transaction, what `then` makes of it in memory and on paper."""
        return self.keep(lambda: self.drive.commit(code, body, sold), then)

    def keep(self, document_of: Callable[[], StoredDocument], then: Callable[[StoredDocument], None]) -> StoredDocument:
        """As `make`, for documents that the drive makes in another way (registrations)."""
        with self.storage.transaction():
            document = document_of()
            self.till.add(DOCUMENTS)
            then(document)
            self.save()
        self.begun_tags.clear()
        return document

    def report(
        self, code: DocumentCode, cashier: str | None, *, more: Callable[[StoredDocument], None] | None = None
    ) -> StoredDocument:
        """A document without items (shift, settlements, end of the drive) of the tags that were sent for it.

        `cashier` goes into 1021 unless the host sent its own; `more` is done in the same transaction.
        """
        tags = tuple(self.begun_tags)
        if cashier is not None and find(tags, 1021) is None:
            tags += (Element(1021, cashier),)

        def then(document: StoredDocument) -> None:
            if more is not None:
                more(document)
            self.print_document(document)

        return self.make(code, tags, then)

    def print_document(
        self,
        document: StoredDocument,
        *,
        received: int | None = None,
        header: Sequence[str] = (),
        footer: Sequence[str] = (),
        unprinted: Sequence[int] = (),
    ) -> None:
        self.printer.document(
            document.number,
            on_paper=self.goes_on_paper(),
            received=received,
            header=header,
            footer=footer,
            unprinted=unprinted,
        )

    def copy_last(self) -> None:
        """Print the last document once more; Denied NO_DATA when there was none."""
        if not self.memory.last_document:
            raise Denied(Reason.NO_DATA)
        self.printer.copy(self.memory.last_document)

    def goes_on_paper(self) -> bool:
        """Whether the document that is being made is printed; asked once for each."""
        return True

    def end_shift(self) -> None:
        """What a shift's report sets to zero."""
        self.till.end_shift()
