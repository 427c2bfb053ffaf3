"""79: marking codes and notifications (registered for ФФД 1.2, with a drive that knows it)."""

from __future__ import annotations

from typing import Annotated

from protocols.marking import LONGEST
from protocols.pirit.commands.base import Asks, Echo, Empty, row
from protocols.pirit.commands.drive import HexReply
from protocols.pirit.commands.replies import NumberReply, TextReply
from protocols.pirit.fields import Hex, MaybeMoment, MaybeNumber, Number, Quantity, code, number
from protocols.pirit.messages import V1_2, Texts
from protocols.rows import Effect
from protocols.wire import message

#: UNCONFIRMED: the manual says 128 bytes, and codes with the long tail (92 and 88 characters) have 129.
MarkingCode = Annotated[bytes, code(LONGEST)]  # as scanned
ZeroOrOne = Annotated[int, number(0, 1)]
#: The register answers without the marking system's word after 3 seconds; before that the drive checks the code.
CHECK_TIMEOUT = 10.0


@message
class MarkingStateReply(Texts):
    """`check`, `notification` and `fill` in words in `statuses`."""

    check: Number
    notification: Number
    permissions: Number
    saved: Number
    notified: Number
    fill: Number


@message
class MarkingState(Asks[MarkingStateReply]):
    pass


@message
class CheckCodeReply(Texts):
    """Tags 2106, (why the drive did not check), 2005, 2105, 2109: the last three empty without the system's answer."""

    result: Number
    reason: Number
    system_result: MaybeNumber = None
    system_code: MaybeNumber = None
    status: MaybeNumber = None


@message
class CheckCode(Asks[CheckCodeReply]):
    """`mode` 0; `planned` 2003, `unit` 2108; a `Part` with unit 0 only. `insist` 1: ask the system whatever the drive
    says."""

    code: MarkingCode
    mode: Number
    planned: Number
    quantity: Quantity
    unit: Number
    insist: Number


@message
class DecideCode(Asks[NumberReply]):
    """1 keep the checked code for the document, 0 drop it; answers 2106."""

    keep: ZeroOrOne


@message
class ClearCodes(Asks[Empty]):
    """Some drives do it with the document closed only."""


@message
class NotificationStateReply(Texts):
    """`state`: 0 no exchange, 1 being read, 2 waiting for its answer; `fill` in per cent."""

    state: Number
    queue: Number
    current: Number
    at: MaybeMoment
    fill: Number


@message
class NotificationState(Asks[NotificationStateReply]):
    pass


@message
class NotificationLength(Asks[NumberReply]):
    pass


@message
class NotificationBlock(Asks[HexReply]):
    offset: Number
    size: Number


@message
class EndNotification(Asks[Empty]):
    """1 read, 0 given up."""

    done: ZeroOrOne


@message
class NotificationAnswerReply(Texts):
    """Tags 2006 and 2111; error 60 brings the second in the first one's place."""

    result: Number
    code: MaybeNumber = None


@message
class NotificationAnswer(Asks[NotificationAnswerReply]):
    size: Number
    data: Hex


@message
class UnloadReply(Texts):
    """Notifications not yet confirmed, the first of them, those of this session, the current one."""

    waiting: Number
    first: Number
    session: Number
    current: Number


@message
class Unload(Asks[UnloadReply]):
    """Without a network. 1 begins the session, 0 asks about it."""

    begin: ZeroOrOne


@message
class UnloadNextReply(Texts):
    size: Number
    number: Number


@message
class UnloadNext(Asks[UnloadNextReply]):
    """1 the next notification, 0 the current one."""

    next: ZeroOrOne


@message
class UnloadBlock(Asks[HexReply]):
    offset: Number
    size: Annotated[int, number(1, 700)]


@message
class ConfirmUnloadReply(Texts):
    waiting: MaybeNumber = None
    first: MaybeNumber = None


@message
class ConfirmUnload(Asks[ConfirmUnloadReply]):
    """1 confirms `number` by its `crc16`, 0 asks what is not confirmed."""

    confirm: ZeroOrOne
    number: MaybeNumber = None
    crc16: MaybeNumber = None


@message
class AttachCode(Asks[Empty]):
    """To the next item: code and unit as they were checked, `status` 2110, `mode` 2102 (0), `result` 2106."""

    code: MarkingCode
    status: Number
    mode: Number
    result: Number
    unit: Number


@message
class CheckNeeded(Asks[NumberReply]):
    """1: this code must be checked."""

    code: MarkingCode


@message
class KeyState(Asks[TextReply]):
    """0: anything but 0 says that keys must be renewed; 1: the address to renew them at. Not every drive knows it."""

    query: ZeroOrOne


_READ, _MARKING = Effect.READ, Effect.MARKING

ROWS = (
    row(0x79, "marking_state", "Состояние маркировки", MarkingState, MarkingStateReply, sub=0, effect=_READ, ffd=V1_2),
    row(0x79, "check_code", "Проверка кода маркировки", CheckCode, CheckCodeReply, sub=1, effect=_MARKING, ffd=V1_2,
        timeout=CHECK_TIMEOUT),
    row(0x79, "decide_code", "Принять или отклонить код", DecideCode, NumberReply, sub=2, effect=_MARKING, ffd=V1_2),
    row(0x79, "clear_codes", "Удалить сохранённые коды", ClearCodes, Empty, sub=3, effect=_MARKING, ffd=V1_2,
        echo=Echo.NONE),
    row(0x79, "notification_state", "Очередь уведомлений", NotificationState, NotificationStateReply, sub=6,
        effect=_READ, ffd=V1_2),
    row(0x79, "notification_length", "Длина уведомления", NotificationLength, NumberReply, sub=7, effect=_READ,
        ffd=V1_2),
    row(0x79, "notification_block", "Блок уведомления", NotificationBlock, HexReply, sub=8, effect=_READ, ffd=V1_2),
    row(0x79, "end_notification", "Окончание чтения уведомления", EndNotification, Empty, sub=9, effect=_MARKING,
        ffd=V1_2),
    row(0x79, "notification_answer", "Квитанция на уведомление", NotificationAnswer, NotificationAnswerReply, sub=10,
        effect=_MARKING, ffd=V1_2),
    row(0x79, "unload", "Выгрузка уведомлений", Unload, UnloadReply, sub=11, effect=_MARKING, ffd=V1_2),
    row(0x79, "unload_next", "Очередное уведомление", UnloadNext, UnloadNextReply, sub=12, effect=_MARKING, ffd=V1_2),
    row(0x79, "unload_block", "Блок выгружаемого уведомления", UnloadBlock, HexReply, sub=13, effect=_READ, ffd=V1_2),
    row(0x79, "confirm_unload", "Подтверждение выгрузки", ConfirmUnload, ConfirmUnloadReply, sub=14, effect=_MARKING,
        ffd=V1_2),
    row(0x79, "attach_code", "Код маркировки для позиции", AttachCode, Empty, sub=15, effect=Effect.DRAFT, ffd=V1_2),
    row(0x79, "check_needed", "Нужна ли проверка кода", CheckNeeded, NumberReply, sub=16, effect=_READ, ffd=V1_2),
    row(0x79, "key_state", "Состояние ключей", KeyState, TextReply, sub=52, effect=_READ, ffd=V1_2, echo=Echo.NONE),
)  # fmt: skip
