"""The fiscal drive: makes documents, numbers and signs them, keeps them for ever and hands them to the OFD in order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from emulator.fiscal_drive import confirmations, making, reports, rules
from emulator.fiscal_drive.counters import added, contribution
from emulator.fiscal_drive.documents import Archive, StoredDocument, from_unix, to_unix
from emulator.fiscal_drive.errors import DriveError
from emulator.fiscal_drive.marking import Hands, Marking, Sold
from emulator.fiscal_drive.records import container_of, record_of
from emulator.fiscal_drive.registration import Registration, default_registration
from emulator.fiscal_drive.state import Backlog, Factory, Resource, State
from emulator.storage import Storage, StorageError
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element
from protocols.fn import archive, container
from protocols.fn.statuses import CURRENT_OF, CurrentDocument, DriveWarning, Fault, Phase
from protocols.ofd.confirmation import CHECK_FAILED_BIT

Now = Callable[[], datetime]
CommitPhase = Literal["before", "after"]
#: Bit of 1205: the drive was replaced.
REPLACED_BIT = 1
_KEY, _REGISTRATION_KEY = "drive", "registration"


def _nothing(_: CommitPhase) -> None:
    return None


_Begun = tuple[DocumentCode, datetime, datetime | None]  # with the register's clock and the drive's timer


class FiscalDrive:
    """One drive on a storage. Refusals raise `DriveError` and change nothing.

    `now` is the register's clock (aware; its wall-clock reading goes into the documents, to the minute); `timer`, when
    given, is a clock that nobody can set: a register clock that runs off it by more than five minutes while a document
    is open is refused with 0x17. `on_commit` is called with "before" while nothing is stored yet and with "after" when
    the outermost storage transaction is on disk; raising there (`faults.PowerLoss`) models a power cut at that moment.
    A half-made document (`current`) lives in memory only: a power cut drops it.

    An empty storage gets a new drive from `factory` (or a test drive 9999… numbered by `rng`), fiscalised with
    `registration` (or a default one) unless `fiscalised` is False. A storage that holds a drive keeps it; asking it
    for another `ffd` than it was made for is refused with `StorageError`.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        now: Now,
        rng: random.Random,
        ffd: FfdVersion | None = None,
        factory: Factory | None = None,
        registration: Registration | None = None,
        fiscalised: bool = True,
        timer: Now | None = None,
        on_commit: Callable[[CommitPhase], None] = _nothing,
    ) -> None:
        self.storage = storage
        self.now = now
        self.timer = timer
        self.on_commit = on_commit
        self.connected = False  # the uplink's transport, for the exchange status
        self._listeners: list[Callable[[], None]] = []
        self._begun: _Begun | None = None
        self._spent: _Begun | None = None  # what a commit finished, until that commit is on disk
        self.marking = Marking(
            Hands(
                storage=storage,
                state=lambda: self._state,
                keep=self._keep,
                registration=lambda: self.registration,
                now=now,
                notify=self._notify,
            )
        )
        with storage.transaction():  # a kill leaves no new drive that waits for its registration
            new = storage.get(_KEY) is None
            if new:
                version = ffd or (registration.ffd if registration else FfdVersion.V1_2)
                made = factory or Factory(number=f"9999{rng.randrange(10**12):012d}", ffd=version)
                storage.put(_KEY, vars(making.fresh(made, key=rng.randbytes(16).hex(), asked=version.code)))
            self._load()
            if new and fiscalised:
                serial = f"{rng.randrange(1, 10**12):016d}"
                self.register(registration or default_registration(ffd or FfdVersion.V1_2, serial=serial))
        if ffd is not None:
            self._check_asked(ffd)

    def _check_asked(self, ffd: FfdVersion) -> None:
        registered = self.registration.ffd.code if self.registration else 0
        asked = self._state.asked or registered
        if asked not in {0, ffd.code}:
            known = FfdVersion.of(asked)
            raise StorageError(
                f"the state holds a drive registered for ФФД {known}, not {ffd}; "
                f"start with --ffd {known} or with another --state directory"
            )

    # --- state

    def _load(self) -> None:
        self._generation = self.storage.generation
        self._loaded = State(**self.storage.get(_KEY))
        data = self.storage.get(_REGISTRATION_KEY)
        self._registered = None if data is None else Registration.from_json(data)
        self._archive = Archive(self.storage, self._loaded.number)
        self._begun, self._spent = self._begun or self._spent, None

    @property
    def _state(self) -> State:
        if self._generation != self.storage.generation:
            self._load()
        return self._loaded

    def _wall_clock(self) -> datetime:
        return self.now().replace(tzinfo=None, second=0, microsecond=0)

    @property
    def number(self) -> str:
        """16 digits."""
        return self._state.number

    @property
    def ffd(self) -> FfdVersion:
        """The newest ФФД the drive can do (1190)."""
        return FfdVersion.of(self._state.ffd)

    @property
    def phase(self) -> Phase:
        return Phase(self._state.phase)

    @property
    def registration(self) -> Registration | None:
        """None before the first registration."""
        return self._registered if self._state else None

    @property
    def offline(self) -> bool:
        """Registered to work without an exchange of data."""
        registration = self.registration
        return registration is not None and registration.offline

    @property
    def registrations_done(self) -> int:
        """Documents 1 and 11 made so far."""
        return self._state.registrations

    @property
    def registration_document(self) -> StoredDocument | None:
        """The last document 1 or 11."""
        return self.document(self._state.registration_document)

    @property
    def current(self) -> CurrentDocument:
        """The half-made document."""
        if not self._state or not self._begun:
            return CurrentDocument.NONE
        if self._begun[0] is DocumentCode.REREGISTRATION and self.phase is Phase.READY:
            return CurrentDocument.REPLACEMENT
        return CURRENT_OF[self._begun[0]]

    @property
    def last_document(self) -> int:
        """Number of the last document, 0 before the first."""
        return self._state.last_document

    @property
    def last_at(self) -> datetime | None:
        """Naive local wall clock of the last document."""
        return from_unix(self._state.last_at) if self._state.last_document else None

    @property
    def shift(self) -> int:
        """Number of the open shift, or of the last one."""
        return self._state.shift

    @property
    def shift_open(self) -> bool:
        return self._state.shift_open

    @property
    def shift_opened_at(self) -> datetime | None:
        """Naive local wall clock of the open shift's report."""
        return from_unix(self._state.shift_opened_at) if self._state.shift_open else None

    @property
    def shift_expired(self) -> bool:
        """The shift is open and older than 24 hours."""
        return rules.shift_expired(self._state, to_unix(self._wall_clock()))

    @property
    def receipt(self) -> int:
        """Number of the last receipt in the shift (1042), 0 when there is none."""
        return self._state.receipt

    @property
    def totals(self) -> Mapping[str, int]:
        """Counters of the whole life, as `counters` describes them; kept in every ФФД."""
        return MappingProxyType(self._state.totals)

    @property
    def shift_totals(self) -> Mapping[str, int]:
        """Counters of the open shift, or of the last one."""
        return MappingProxyType(self._state.shift_totals)

    @property
    def unsent_totals(self) -> Mapping[str, int]:
        """Counters of receipts and corrections that the OFD has not confirmed."""
        return MappingProxyType(self._state.unsent_totals)

    @property
    def warnings(self) -> DriveWarning:
        return rules.warnings(self._state, self.registration, to_unix(self._wall_clock()))

    @property
    def resource(self) -> Resource:
        state = self._state
        days = rules.days_left(state, to_unix(self._wall_clock())) if state.valid_until else state.validity_days
        return Resource(
            valid_until=from_unix(state.valid_until).date() if state.valid_until else None,
            days_left=days,
            documents_left=max(0, state.places - state.last_document),
            registrations_left=max(0, state.registrations_allowed - state.registrations),
        )

    @property
    def backlog(self) -> Backlog:
        """Documents that wait for the OFD; none ever do on an offline registration."""
        state = self._state
        count = state.last_document - state.confirmed
        if not count:
            return Backlog(count=0)
        return Backlog(count=count, first=state.confirmed + 1, first_at=from_unix(state.first_unsent_at))

    # --- reading

    def document(self, number: int) -> StoredDocument | None:
        """The document with this number, None when there is none."""
        return self._archive.get(number) if self._state else None

    def documents(self, first: int = 1, last: int | None = None) -> Iterator[StoredDocument]:
        """Documents first…last (to the end by default) in order."""
        return self._archive.between(first, self._state.last_document if last is None else last)

    def short_record(self, number: int) -> bytes:
        """The short archive record; DriveError 0x08 when there is no such document."""
        return archive.pack(record_of(self._required(number)))

    def container(self, number: int) -> bytes:
        """The message in which a document goes to the OFD; DriveError 0x08 when there is no such document."""
        return container.build(container_of(self._required(number), self._state.key))

    def _required(self, number: int) -> StoredDocument:
        document = self.document(number)
        if document is None:
            raise DriveError(Fault.NO_DATA, f"document {number}, the last is {self._state.last_document}")
        return document

    # --- making documents

    def begin(self, code: DocumentCode) -> None:
        """Start a document, so that its time and state are checked before the register collects its tags."""
        if self.current:
            raise DriveError(Fault.WRONG_STATE, f"document {self.current!r} is not finished")
        at = self._wall_clock()
        rules.check_state(self._state, self.registration, code, to_unix(at))
        self._begun = code, self.now(), self.timer() if self.timer else None

    def cancel(self) -> None:
        """Drop the half-made document, if there is one, and the results of marking checks."""
        self._begun = None
        self.marking.clear()

    def commit(self, code: DocumentCode, body: Iterable[Element] = (), sold: Sequence[Sold] = ()) -> StoredDocument:
        """Make a document of the register's tags (the drive adds its own); `begin` may be left out.

        `sold` are the items whose codes were checked and accepted (else DriveError 0x3E): the marking system is
        notified of them, and their results are used up.

        Registrations are made by `register` and `reregister`. A commit that fails, or whose transaction is undone,
        leaves a begun document open.
        """
        registration = self.registration
        if code in rules.REGISTRATIONS or registration is None:
            raise DriveError(Fault.WRONG_STATE, f"document {int(code)} in phase {self.phase!r}")
        return self._commit(code, tuple(body), registration, sold)

    def register(self, registration: Registration, extra: Sequence[Element] = ()) -> StoredDocument:
        """Document 1: the drive enters its fiscal life. `extra` are more tags of the report, as 1274."""
        return self._commit(DocumentCode.REGISTRATION, self._report(registration, extra), registration)

    def reregister(self, registration: Registration, reasons: int, extra: Sequence[Element] = ()) -> StoredDocument:
        """Document 11 with the reasons as bits of 1205; INN and registration number stay what they are (0x09).

        On a drive that was never registered the first reason, another drive (bit 0), must be among them.
        """
        known = self.registration
        if known is None and not reasons & REPLACED_BIT:
            raise DriveError(Fault.WRONG_STATE, "a new drive takes a re-registration only in place of another drive")
        if known and (known.inn, known.registration_number) != (registration.inn, registration.registration_number):
            raise DriveError(Fault.BAD_PARAMETER, "INN and registration number change only with the drive")
        if known and not self.resource.registrations_left:
            raise DriveError(Fault.CRYPTO_EXHAUSTED, "no re-registration is left")
        why = reports.reasons(registration.ffd, reasons)
        return self._commit(DocumentCode.REREGISTRATION, self._report(registration, (*why, *extra)), registration)

    def _report(self, registration: Registration, extra: Sequence[Element]) -> tuple[Element, ...]:
        if registration.ffd.code > self.ffd.code:
            raise DriveError(Fault.BAD_PARAMETER, f"ФФД {registration.ffd} on a drive of ФФД {self.ffd}")
        more = {element.tag for element in extra}
        return (*(each for each in registration.elements(self.ffd) if each.tag not in more), *extra)

    def _commit(
        self,
        code: DocumentCode,
        given: tuple[Element, ...],
        registration: Registration,
        sold: Sequence[Sold] = (),
    ) -> StoredDocument:
        state, at = self._state, self._wall_clock()
        self._check_begun(code)
        rules.check_state(state, self.registration, code, to_unix(at))
        rules.check_body(code, registration, given, at)
        new = making.advanced(state, code, given, registration, to_unix(at))
        document = making.made(new, registration, code, given, at)
        notices = self.marking.sell(new, registration, code, given, sold)
        making.close(new, code)
        with self.storage.transaction():
            self._archive.add(document)
            self.marking.keep(document.number, at, notices)
            if registration is not self._registered:
                self.storage.put(_REGISTRATION_KEY, registration.to_json())
            self._keep(new)
            self._begun, self._spent = None, self._begun
            self._registered = registration
            self.on_commit("before")
            if code in rules.SETTLEMENTS:
                self.storage.after_commit(self.marking.clear)
            self.storage.after_commit(self._committed)
        return document

    def _keep(self, state: State) -> None:
        self.storage.put(_KEY, vars(state))
        self._loaded = state

    def _check_begun(self, code: DocumentCode) -> None:
        if self._begun is None:
            return
        begun, at, timer = self._begun
        if begun is not code:
            raise DriveError(Fault.WRONG_STATE, f"document {int(begun)} is not finished")
        if timer is not None and self.timer is not None:
            rules.check_timer(at, timer, self.now(), self.timer())

    def _committed(self) -> None:
        self._spent = None
        self._notify()
        self.on_commit("after")

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def leave_room(self, documents: int | None) -> None:
        """A tester's hand: no more than so many documents fit from now on; None: as many as the factory promised."""
        new = copy(self._state)
        new.full_at = 0 if documents is None else new.last_document + documents
        self._keep(new)

    def reset(self) -> None:
        """Forget every document and registration, as a test drive can: the drive is ready to be registered again."""
        state = self._state
        factory = Factory(
            number=state.number,
            ffd=FfdVersion.of(state.ffd),
            validity_days=state.validity_days,
            capacity=state.capacity,
            registrations=state.registrations_allowed,
        )
        with self.storage.transaction():
            self._archive.clear()
            self.marking.reset()
            self.storage.delete(_REGISTRATION_KEY)
            self.storage.put(_KEY, vars(making.fresh(factory, key=state.key, asked=state.asked)))
        self.cancel()
        self._load()

    # --- the OFD

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever a document or a confirmation is on disk; the answer ends the subscription."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def next_message(self) -> bytes | None:
        """The container of the first document that waits for the OFD, None when none does."""
        first = self.backlog.first
        return None if first is None else self.container(first)

    def confirm(self, data: bytes) -> StoredDocument:
        """Take the operator's confirmation (a container) of the first waiting document.

        DriveError 0x20 with its `fault` when it is no confirmation of that document, 0x02 when nothing waits.
        """
        state = self._state
        waiting = self.backlog.first
        if waiting is None:
            raise DriveError(Fault.WRONG_STATE, "no document waits for the OFD")
        confirmation, answer = confirmations.verified(data, drive=state.number, number=waiting)
        document = self._required(waiting)
        new = copy(state)
        new.confirmed = waiting
        new.operator_message = confirmation.message | (CHECK_FAILED_BIT if confirmation.code else 0)
        new.unsent_totals = added(state.unsent_totals, contribution(document.code, document.elements), -1)
        following = self.document(waiting + 1)
        new.first_unsent_at = to_unix(following.at) if following else 0
        if following is None and state.phase == Phase.CLOSING:
            new.phase = Phase.CLOSED
        with self.storage.transaction():
            self._archive.confirm(waiting, answer)
            self._keep(new)
            self.storage.after_commit(self._notify)
        return self._required(waiting)
