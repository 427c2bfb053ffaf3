"""§4.4: marking codes (ФФД 1.2) and notifications."""

from __future__ import annotations

from typing import Annotated

from protocols.shtrih.commands.base import Empty, Request, row
from protocols.shtrih.wire import Short, blocks
from protocols.wire import U8, U16, U32, MaybeU8, Message, Moment, Rest, message, raw_bytes

CodeAndTlv = Annotated[tuple[bytes, ...], blocks(2)]
Bytes16 = Annotated[bytes, raw_bytes(16)]
Bytes2 = Annotated[bytes, raw_bytes(2)]


@message
class CheckCode(Request["CheckCodeReply"]):
    """FF61. `parts`: the raw code (GS = 1Dh, no FNC1) and TLV 2108+1023 / 1291 of measured or partial items."""

    status: U8
    mode: U8
    parts: CodeAndTlv


@message
class CheckCodeReply(Message):
    """`local` is tag 2004, `reason` why it was not checked, `kind` tag 2100; `online` is empty in autonomous mode."""

    local: U8
    reason: U8
    kind: U8
    online: Short

    @property
    def online_code(self) -> int | None:
        """The drive's answer to the online check: 0 fine, 20h a reason follows, FFh the server was silent."""
        return self.online[0] if self.online else None

    @property
    def flags(self) -> int | None:
        """Tag 2106 as the online check left it; None when there was no online check."""
        return self.online[1] if len(self.online) > 1 and self.online[0] == 0 else None

    @property
    def server_tlv(self) -> bytes:
        return self.online[2:] if self.online[:1] == b"\0" else b""


@message
class BindCode(Request["BindCodeReply"]):
    """FF67, after FF46 and its FF4D. `bulk` FFh = volume-and-sort accounting."""

    code: Short
    bulk: MaybeU8


@message
class BindCodeReply(Message):
    """`type`: the first two bytes of tag 1162; `check`: the FF61 result when the code was not checked before."""

    type: Bytes2
    kind: U8
    check: Rest


@message
class NotificationState(Request["NotificationStateReply"]):
    pass


@message
class NotificationStateReply(Message):
    """LEN 16 in reality; the document misprints 13."""

    state: U8
    queued: U16
    current: U32
    current_at: Moment
    fill_percent: U8


@message
class DecideCode(Request["DecideCodeReply"]):
    """FF69: 0 reject, 1 accept, 2 clear the drive's table of check results."""

    decision: U8


@message
class DecideCodeReply(Message):
    flags: MaybeU8  # tag 2106; old firmware leaves it off


@message
class MarkingStatus(Request["MarkingStatusReply"]):
    pass


@message
class MarkingStatusReply(Message):
    check: U8
    notification: U8
    allowed: U8
    results: U8
    included: U8
    area: U8
    queue: U16


@message
class BeginUnload(Request["BeginUnloadReply"]):
    pass


@message
class BeginUnloadReply(Message):
    total: U16
    first: U32
    size: U16


@message
class UnloadBlock(Request["UnloadBlockReply"]):
    pass


@message
class UnloadBlockReply(Message):
    """`rest`: block size (2 bytes, absent in the vendor's text) and at most 128 bytes; told apart by length."""

    number: U32
    size: U16
    offset: U16
    rest: Rest

    @property
    def block(self) -> bytes:
        announced = int.from_bytes(self.rest[:2], "little")
        return self.rest[2:] if announced == len(self.rest) - 2 else self.rest


@message
class ConfirmUnload(Request[Empty]):
    """`crc`: two bytes in drivers, four in the vendor's text."""

    number: U32
    crc: Rest


@message
class RandomData(Request["RandomDataReply"]):
    pass


@message
class RandomDataReply(Message):
    data: Bytes16


@message
class Authorise(Request[Empty]):
    data: Bytes16


ROWS = (
    row(0xFF61, "check_code", "Проверка кода маркировки", CheckCode, CheckCodeReply, timeout=40.0),
    row(0xFF65, "random_data", "Запрос случайных данных", RandomData, RandomDataReply),
    row(0xFF66, "authorise", "Авторизоваться в ФН", Authorise, Empty),
    row(0xFF67, "bind_code", "Привязка маркированного товара к позиции", BindCode, BindCodeReply, timeout=40.0),
    row(0xFF68, "notification_state", "Статус передачи уведомлений", NotificationState, NotificationStateReply),
    row(0xFF69, "decide_code", "Принять или отвергнуть код маркировки", DecideCode, DecideCodeReply),
    row(0xFF70, "marking_status", "Статус по работе с кодами маркировки", MarkingStatus, MarkingStatusReply),
    row(0xFF71, "begin_unload", "Начать выгрузку уведомлений", BeginUnload, BeginUnloadReply),
    row(0xFF72, "unload_block", "Прочитать блок уведомления", UnloadBlock, UnloadBlockReply),
    row(0xFF73, "confirm_unload", "Подтвердить выгрузку уведомления", ConfirmUnload, Empty),
)
