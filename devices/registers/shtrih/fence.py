"""What must be out of the way before a new document: one left open in the register, one half made in the drive.

After the line has come to rest nothing of an earlier connection can still arrive, so what is cancelled here stays
cancelled (design.md rule 3, shtrih_m §10.3).
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from devices.errors import DeviceError, NeedsOperator, Retryable
from devices.registers.refusals import half_made
from devices.registers.shtrih.exchange import Exchange
from devices.registers.timing import Timeouts
from protocols.shtrih.commands import Bare, OperatorReply
from protocols.shtrih.commands.drive import CancelDocument, DriveStatus, DriveStatusReply
from protocols.shtrih.commands.printing import CloseNonFiscal
from protocols.shtrih.commands.receipts import CancelReceipt
from protocols.shtrih.commands.state import ShortStatus, ShortStatusReply
from protocols.shtrih.commands.tables import WriteTable
from protocols.shtrih.errors import CONFIRM_CLOCK, OTHER_OPERATOR, PRINTING, WRONG_MODE
from protocols.shtrih.statuses import CURRENT_DOCUMENT_TEXT, Mode, OpenDocument, split_mode
from protocols.shtrih.tables import SKIP_PRINTING
from protocols.wire import Message

R = TypeVar("R", bound=Message)

#: The register is busy with a report of its own; it comes out of it by itself.
_BUSY = frozenset({Mode.FULL_REPORT, Mode.LONG_REPORT, Mode.DUMP})


async def cancel_open(exchange: Exchange, timeouts: Timeouts) -> DriveStatusReply:
    """Cancel whatever is open; the drive's status afterwards.

    NeedsOperator where that takes a person (paper, another operator's document), Retryable while a report runs.
    """
    status = await _idle_mode(exchange, timeouts)
    mode, kind = split_mode(status.mode)
    if mode is Mode.DOCUMENT_OPEN:
        request: Bare[OperatorReply] = (
            CloseNonFiscal(exchange.password) if kind == OpenDocument.NON_FISCAL else CancelReceipt(exchange.password)
        )
        await _cancel(exchange, request)
    drive = await exchange.ask(DriveStatus(exchange.password))
    if drive.current_document and mode is Mode.CONFIRM_DATE:
        raise date_to_confirm()  # until then the register takes nothing that would cancel it
    if drive.current_document and mode is not Mode.DOCUMENT_OPEN:
        # A document the drive began and the register knows nothing of: 88h has no effect on firmware that closed its
        # own side already, FF08 alone leaves the register's side open on other firmware.
        await _drop(exchange, CancelReceipt(exchange.password))
    if drive.current_document:
        await _drop(exchange, CancelDocument(exchange.password))
        drive = await exchange.ask(DriveStatus(exchange.password))
    if drive.current_document:
        raise half_made(
            drive.current_document, CURRENT_DOCUMENT_TEXT.get(drive.current_document, f"{drive.current_document:02X}h")
        )
    return drive


def date_to_confirm() -> NeedsOperator:
    """What mode 6 wants."""
    return NeedsOperator(
        "the register waits for its date to be confirmed (mode 6)",
        number=CONFIRM_CLOCK,
        hint="После сбоя питания касса ждёт подтверждения даты. Установите часы кассы.",
        code="confirm_clock",
    )


async def print_again(exchange: Exchange) -> None:
    """Take back "do not print the next document" (table 17 field 7), which an interrupted receipt may have left."""
    try:
        await exchange.ask(WriteTable(exchange.password, SKIP_PRINTING[0], 1, SKIP_PRINTING[1], b"\0"))
    except DeviceError as error:
        if error.number != WRONG_MODE:
            raise
        status = await exchange.ask(ShortStatus(exchange.password))
        if split_mode(status.mode)[0] is Mode.CONFIRM_DATE:
            raise date_to_confirm() from error
        raise


async def skip_printing(exchange: Exchange) -> None:
    """The next document is made without paper; the register forgets it by itself afterwards."""
    await exchange.ask(WriteTable(exchange.password, SKIP_PRINTING[0], 1, SKIP_PRINTING[1], b"\1"))


async def _idle_mode(exchange: Exchange, timeouts: Timeouts) -> ShortStatusReply:
    deadline = asyncio.get_running_loop().time() + timeouts.printing
    while True:
        status = await exchange.ask(ShortStatus(exchange.password))
        if split_mode(status.mode)[0] not in _BUSY:
            return status
        if asyncio.get_running_loop().time() >= deadline:
            raise Retryable(
                f"the register is in mode {status.mode:02X}h for more than {timeouts.printing:g} s",
                number=PRINTING,
                hint="Касса занята печатью отчёта. Дождитесь её окончания.",
                code="printing",
            )
        await asyncio.sleep(timeouts.poll)


async def _drop(exchange: Exchange, request: Bare[R]) -> None:
    """Firmware differs in which of these it takes; a lost clock, which keeps it from taking any, is told."""
    try:
        await exchange.ask(request)
    except DeviceError as error:
        if error.number == CONFIRM_CLOCK:
            raise


async def _cancel(exchange: Exchange, request: Bare[OperatorReply]) -> None:
    try:
        await exchange.act(request)
    except DeviceError as error:
        if error.number == OTHER_OPERATOR:
            raise NeedsOperator(
                "a receipt of another operator is open",
                number=error.number,
                hint="В кассе открыт чек другого кассира. Закройте или отмените его на кассе.",
                code="other_operator",
            ) from error
        if isinstance(error, (NeedsOperator, Retryable)):
            raise
        # 55h and the like: it was closed between the question and the command; the drive is asked next.
