"""Marking codes in the drive: checking them (commands B1h…B6h of a drive), and the notifications of their sale (B7h).

A code goes through four steps: it is passed and checked by the drive's keys, a request to the marking system is built,
the answer is taken, and the result is accepted or rejected. Accepted results stay in a table until a receipt is closed
or cancelled; the table and a half-made check are in RAM, so a power cut forgets them (UNCONFIRMED for real drives, and
the safe side: the register checks anew). Numbers of requests and notifications, and notifications, are kept for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from emulator.fiscal_drive import answers, checks, notifications, signing
from emulator.fiscal_drive.checks import Check, Step
from emulator.fiscal_drive.errors import DriveError
from emulator.fiscal_drive.notifications import Notifications, StoredNotification
from emulator.fiscal_drive.rules import OFD_LIMIT
from emulator.marking.verdicts import PLANNED, negative
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element, TlvError
from protocols.fn import container
from protocols.fn.container import FROM_DRIVE, Container, service_data
from protocols.fn.statuses import Fault
from protocols.ofd import marking as messages

if TYPE_CHECKING:
    from emulator.fiscal_drive.registration import Registration
    from emulator.fiscal_drive.state import State

MAX_CODES: Final = 128
MAX_CODE: Final = 256
#: Notifications that wait before the area is full (UNCONFIRMED: no source names the size).
PLACES: Final = 1000
#: How long a notification may wait before codes are refused (as documents for the OFD; UNCONFIRMED).
_LIMIT: Final = timedelta(seconds=OFD_LIMIT)
#: Bits of 2112 and 2113, the flags of a shift's close.
_BAD_ANSWER, _BAD_RECEIPT = 2, 4
_BAD_REQUEST, _BAD_NOTIFICATION = 1, 2


@dataclass(frozen=True, slots=True)
class Sold:
    """One marked item of a receipt: the tags of its 1059, and its code as it was checked."""

    item: tuple[Element, ...]
    code: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the drive lends to its marking half: its facts, and how they are kept and told."""

    storage: Storage
    state: Callable[[], State]
    keep: Callable[[State], None]
    registration: Callable[[], Registration | None]
    now: Callable[[], datetime]
    notify: Callable[[], None]


class Marking:
    """The marking half of a drive. Refusals raise `DriveError` and change nothing."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._table: dict[bytes, Check] = {}
        self._pending: Check | None = None
        self.places = PLACES

    # --- checking

    @property
    def pending(self) -> Check | None:
        """The check that is not decided yet."""
        return self._pending

    @property
    def table(self) -> tuple[Check, ...]:
        """Accepted results."""
        return tuple(self._table.values())

    @property
    def step(self) -> Step:
        if self._pending is not None:
            return self._pending.step
        return Step.BLOCKED if len(self._table) >= MAX_CODES or self.fill >= 100 else Step.NONE

    def checked(self, code: bytes) -> Check | None:
        """The accepted result of exactly this code."""
        return self._table.get(code)

    def require(self) -> Registration:
        """DriveError 0x32 unless the drive works with marked goods."""
        registration = self._hands.registration()
        if registration is None or not registration.marking or registration.ffd is not FfdVersion.V1_2:
            raise DriveError(Fault.MARKING_FORBIDDEN)
        return registration

    def begin(self, code: bytes, planned: int, mode: int = 0, measure: Sequence[Element] = ()) -> Check:
        """B1h: pass a code; the drive's own check of it."""
        registration = self.require()
        if self._pending is not None:
            raise DriveError(Fault.MARKING_SEQUENCE, "the code before is neither accepted nor rejected")
        if not 0 < len(code) <= MAX_CODE or planned not in PLANNED or mode != 0:
            raise DriveError(Fault.BAD_PARAMETER, f"code of {len(code)} bytes, planned status {planned}, mode {mode}")
        if len(self._table) >= MAX_CODES and code not in self._table:
            raise DriveError(Fault.MARKING_FULL, f"{MAX_CODES} codes")
        self._check_backlog()
        self._pending = checks.checked(code, planned, measure=tuple(measure), offline=registration.offline)
        return self._pending

    def _check_backlog(self) -> None:
        if self.fill >= 100:
            raise DriveError(Fault.MARKING_BLOCKED, f"{self.unsent} notifications wait")
        first = self.first
        if first is not None and self._wall_clock() - first.at > _LIMIT:
            raise DriveError(Fault.MARKING_BLOCKED, f"notification {first.number} waits since {first.at}")

    def request(self) -> bytes:
        """B5h: document 81 about the code in hand, as a container for the marking system."""
        registration, pending = self.require(), self._pending
        if pending is None or pending.answer is not None or registration.offline:
            raise DriveError(Fault.MARKING_SEQUENCE, "no code to ask about")
        new = copy(self._hands.state())
        new.marking_requests += 1
        request = messages.CodeRequest(
            fn=new.number,
            inn=registration.inn,
            number=new.marking_requests,
            at=self._wall_clock(),
            code=pending.code,
            planned=pending.planned,
            local=pending.local,
            kind=pending.kind,
            measure=pending.measure,
        )
        try:
            tlv = messages.build_request(request)
        except TlvError as error:
            raise DriveError(Fault.BAD_PARAMETER, str(error)) from error
        self._hands.keep(new)
        self._pending = replace(pending, asked=request.number)
        return self._packed(DocumentCode.MARKING_REQUEST, request.number, tlv)

    def take(self, data: bytes) -> Check:
        """B6h: the marking system's answer, a container; DriveError 0x20 with its `fault` when it is no answer."""
        pending = self._pending
        if pending is None or not pending.asked:
            raise DriveError(Fault.MARKING_SEQUENCE, "nothing was asked")
        answer = answers.answer_of(data, drive=self._hands.state().number, request=pending.asked)
        self._pending = taken = replace(pending, answer=answer)
        self._mark(
            codes=_BAD_ANSWER if negative(taken.flags) else 0,
            requests=_BAD_REQUEST if answer.outcome != messages.REQUEST_OK else 0,
        )
        return taken

    def decide(self, *, accept: bool) -> int:
        """B2h: accept the code in hand into the table, or reject it; its 2106."""
        self.require()
        pending, self._pending = self._pending, None
        if pending is None:
            raise DriveError(Fault.MARKING_SEQUENCE, "no code to decide about")
        if accept:
            self._table[pending.code] = pending
        return pending.flags

    def clear(self) -> None:
        """B3h: forget every result, and the check in hand."""
        self._table.clear()
        self._pending = None

    # --- notifications

    @property
    def made(self) -> int:
        """Notifications made so far, delivered ones too."""
        return self._hands.state().notifications

    @property
    def unsent(self) -> int:
        """Notifications that wait (2104)."""
        return self._hands.state().unsent_notifications

    @property
    def first(self) -> StoredNotification | None:
        """The one that is to be delivered next."""
        return self.notification(self._hands.state().notified + 1) if self.unsent else None

    @property
    def fill(self) -> int:
        """Percent of the area that waiting notifications fill."""
        return min(100, -(-self.unsent * 100 // self.places)) if self.places else 100

    def notification(self, number: int) -> StoredNotification | None:
        """The notification with this number (2002), None when there is none."""
        return self._store.get(number)

    def all_notifications(self) -> list[StoredNotification]:
        """Every notification, oldest first."""
        return list(self._store.between(1, self.made))

    def next_message(self) -> bytes | None:
        """The container of the first waiting notification, for the marking system or an offline register's host."""
        first = self.first
        return None if first is None else self._packed(DocumentCode.MARKING_NOTIFICATION, first.number, first.tlv)

    def confirm(self, data: bytes) -> None:
        """Take document 84 for the first waiting notification; DriveError 0x20 with its `fault` when it is none."""
        first = self.first
        if first is None:
            raise DriveError(Fault.WRONG_STATE, "no notification waits")
        receipt, tlv = answers.receipt_of(data, drive=self._hands.state().number, number=first.number)
        self._deliver(first.number, tlv, _BAD_NOTIFICATION if receipt.outcome != messages.NOTIFICATION_OK else 0)

    def exported(self, number: int) -> None:
        """The host of an offline register has read the notification, which must be the first waiting one."""
        first = self.first
        if first is None or first.number != number:
            raise DriveError(Fault.NO_DATA, f"notification {number} is not the first that waits")
        self._deliver(number, b"", 0)

    def _deliver(self, number: int, receipt: bytes, bad: int) -> None:
        new = copy(self._hands.state())
        new.notified = number
        new.bad_requests |= bad
        with self._hands.storage.transaction():
            self._store.deliver(number, receipt)
            self._hands.keep(new)
            self._hands.storage.after_commit(self._hands.notify)

    def sell(
        self, new: State, registration: Registration, code: DocumentCode, body: Sequence[Element], sold: Sequence[Sold]
    ) -> list[tuple[int, bytes]]:
        """The notifications (number, document 82) of a receipt that `new` counts already; `new` counts them too."""
        if not sold:
            return []
        self.require()
        found = [self._table.get(each.code) for each in sold]
        taken = [check for check in found if check is not None]
        if len(taken) < len(found):
            raise DriveError(Fault.MARKING_UNCHECKED, "the code of an item was not checked")
        offset = self._hands.now().utcoffset() or timedelta()
        try:
            made = notifications.documents(
                state=new,
                registration=registration,
                code=code,
                at=self._wall_clock(),
                zone=notifications.zone_number(offset),
                body=body,
                items=[
                    (*notifications.repeated_of(each.item), *check.results())
                    for each, check in zip(sold, taken, strict=True)
                ],
            )
        except TlvError as error:
            raise DriveError(Fault.MARKING_INCOMPLETE, str(error)) from error
        new.notifications += len(made)
        new.bad_codes |= _BAD_RECEIPT if any(negative(check.flags) for check in taken) else 0
        return made

    def keep(self, document: int, at: datetime, made: Sequence[tuple[int, bytes]]) -> None:
        """Store what `sell` made, within the transaction of its receipt."""
        for number, tlv in made:
            self._store.add(number, document, at, tlv)

    def reset(self) -> None:
        """Forget everything, as a test drive can."""
        self._store.clear()
        self.clear()

    # --- inside

    @property
    def _store(self) -> Notifications:
        return Notifications(self._hands.storage, self._hands.state().number)

    def _mark(self, *, codes: int, requests: int) -> None:
        state = self._hands.state()
        if codes & ~state.bad_codes or requests & ~state.bad_requests:
            new = copy(state)
            new.bad_codes |= codes
            new.bad_requests |= requests
            self._hands.keep(new)

    def _wall_clock(self) -> datetime:
        return self._hands.now().replace(tzinfo=None, second=0, microsecond=0)

    def _packed(self, code: DocumentCode, number: int, tlv: bytes) -> bytes:
        state = self._hands.state()
        sign = signing.message_sign(state.key, tlv)
        return container.build(
            Container(
                kind=FROM_DRIVE,
                code=code,
                fn=state.number,
                number=number & 0xFFFFFF,
                tlv=tlv,
                trailer=sign + bytes(2),
                service=service_data(signing.message_sign(state.key, sign), FROM_DRIVE, tlv),
            )
        )
