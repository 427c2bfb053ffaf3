"""Marking codes: checked by the server (validateMarks) before a receipt, and none left behind when it comes to nothing.

The table of checked codes is the register's, one for all of the server's clients; it is emptied before a receipt's
codes are checked and after a refusal. `devices.registers.codes` is not for it: that decides each code by itself, while
validateMarks accepts whatever it checked, so a code that is asked about again takes the whole table with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from devices.errors import DeviceError, NeedsOperator
from devices.registers.atol_web.errors import not_an_answer
from devices.registers.atol_web.queue import Queue
from devices.registers.atol_web.status import is_clean
from devices.registers.base import CodeCheck, MarkingVerdict
from devices.registers.marking import (
    MINUS,
    ONLINE_FINE,
    ONLINE_REJECTED,
    ONLINE_SILENT,
    UNMOVED,
    MarkedUnit,
    MarkingRefused,
    letter,
    reason_of,
    verdict,
)
from devices.registers.waiting import Tell, noticed
from protocols.atol_web import errors, words
from protocols.atol_web.marking import (
    CODE_TYPES,
    ITEM_STATUS,
    RESPONSES,
    AskError,
    OperatorResponse,
    Reason,
    Validation,
    check_result,
    flags_of,
)
from protocols.atol_web.queries import FmState
from protocols.atol_web.results import NotAResult, read
from protocols.atol_web.writing import code_params
from protocols.ffd.receipt import Receipt

#: A check that somebody began and did not end, or a table that is full: cleared away, the checks begin anew.
_LEFTOVERS: Final = frozenset({errors.MARKING_RUNNING, errors.CHECK_RUNNING, errors.MARKING_STATE, 408})
#: Milliseconds for each further code of a receipt in which the marking system was silent to one.
_AFTER_SILENCE: Final = 1_000
#: Seconds that the server has for a check besides what the marking system has.
_ALLOWANCE: Final = 30.0

#: Why the drive did not check a code -> `marking.LOCAL_REASONS`.
_LOCAL: Final[Mapping[Reason, int]] = {
    Reason.CHECKED: 0,
    Reason.TYPE: 1,
    Reason.NO_KEYS: 2,
    Reason.NO_GS1: 3,
    Reason.OTHER: 4,
}
#: Why the marking system was not heard; everything else is an exchange that failed.
_UNHEARD: Final[Mapping[str, int]] = {
    AskError.TIMEOUT: ONLINE_SILENT,
    AskError.NO_SERVER: ONLINE_SILENT,
    AskError.BROKEN_OFF: ONLINE_REJECTED,
}
_FAILED: Final = 1
_STATUSES: Final = {word: number for number, word in ITEM_STATUS.items()}
_PROCESSED: Final = {word: number for number, word in RESPONSES.items()}
_KINDS: Final = {word: number for number, word in CODE_TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCode:
    """The code of an item: `params` as validateMarks takes them, `planned` is tag 2003."""

    item: int
    code: bytes
    planned: int
    params: Mapping[str, Any] = field(compare=False)

    def unmoved(self) -> MarkedCode:
        """The same of a unit that stays where it is."""
        params = {**self.params, "itemEstimatedStatus": words.STATUS_WORDS[UNMOVED]}
        return replace(self, planned=UNMOVED, params=params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the receipt's task says of its codes, by number of the item, and what they are worth."""

    verdicts: tuple[MarkingVerdict, ...] = ()
    planned: Mapping[int, int] = field(default_factory=dict)
    results: Mapping[int, Mapping[str, bool]] = field(default_factory=dict)


def marked(unit: MarkedUnit, item: int = 0) -> MarkedCode:
    params = code_params(unit.code, unit.planned, measure=unit.measure, quantity=unit.quantity, fraction=unit.fraction)
    return MarkedCode(item=item, code=unit.code, planned=unit.planned, params=params)


def codes_of(receipt: Receipt) -> list[MarkedCode]:
    """Of the lines that have one."""
    return [
        marked(MarkedUnit.of(item, receipt.operation), index)
        for index, item in enumerate(receipt.items)
        if item.marking is not None
    ]


class Codes:
    """The register's table of checked codes. `patience`: seconds that the marking system has for one code."""

    def __init__(self, queue: Queue, tell: Tell, *, patience: int) -> None:
        self._queue = queue
        self._tell = tell
        self._patience = patience * 1000

    async def fence(self) -> None:
        """Nothing of an earlier receipt is left."""
        if not is_clean((await self._queue.tell(FmState))[FmState]):
            try:
                await self.clear()
            except NeedsOperator as error:
                if error.number != errors.CLOCK_NOT_SET:  # it takes nothing before; the next receipt clears
                    raise

    async def clear(self) -> None:
        """No code waits for its decision or for a receipt."""
        tasks = ("cancelMarkingCodeValidation", "clearMarkingCodeValidationResult")
        await self._queue.ask(*({"type": task} for task in tasks))

    async def check_all(self, codes: Sequence[MarkedCode], *, refuse: bool, over: bool) -> Checked:
        """Check and accept the codes of a receipt. With `refuse`, [M-] of any of them is MarkingRefused.

        All are checked even then, so that the caller hears of every bad line at once. `over`: the movement may have
        happened already, so one that is [M-] is asked about as of a unit that stays where it is.
        """
        if not codes:
            return Checked()
        found = await self._pass(codes)
        if (refuse or over) and _bad(found):
            found = await self._pass(codes)  # a first refusal may be what the line made of the code
        if over and _bad(found):
            bad = {one.item for one, check in found if check.result == MINUS}
            found = await self._pass([one.unmoved() if one.item in bad else one for one in codes])
        verdicts = tuple(verdict(one.item, check) for one, check in found)
        if refuse and _bad(found):
            await self.clear()
            raise MarkingRefused(verdicts)
        return Checked(
            verdicts=verdicts,
            planned={one.item: one.planned for one, _ in found},
            results={one.item: check_result(check.flags).model_dump(by_alias=True) for one, check in found},
        )

    async def ask(self, code: MarkedCode) -> CodeCheck:
        """One check that leaves nothing behind."""
        try:
            return await self._check(code, self._patience)
        finally:
            await self.clear()

    async def _pass(self, codes: Sequence[MarkedCode]) -> list[tuple[MarkedCode, CodeCheck]]:
        await self.clear()
        patience = self._patience
        found = []
        for code in codes:
            check = await self._check(code, patience)
            if check.online == ONLINE_SILENT:
                patience = min(patience, _AFTER_SILENCE)
            found.append((code, check))
        return found

    async def _check(self, code: MarkedCode, patience: int) -> CodeCheck:
        task = {"type": "validateMarks", "timeout": patience, "params": [dict(code.params)]}
        seconds = patience / 1000 + _ALLOWANCE
        async with noticed(self._tell):
            try:
                (rows,) = await self._queue.ask(task, seconds=seconds)
            except DeviceError as error:
                if error.number not in _LEFTOVERS:
                    raise
                await self.clear()
                (rows,) = await self._queue.ask(task, seconds=seconds)
        if not isinstance(rows, Sequence) or len(rows) != 1:
            raise not_an_answer("validateMarks", ValueError("one row for one code is expected"))
        try:
            return said(read(Validation, rows[0]), code)
        except NotAResult as error:
            raise not_an_answer("validateMarks", error) from error


def _bad(found: Sequence[tuple[MarkedCode, CodeCheck]]) -> bool:
    return any(check.result == MINUS for _, check in found)


def said(row: Validation, asked: MarkedCode) -> CodeCheck:
    """A row of validateMarks in the house's words."""
    offline, online = row.offline_validation, row.online_validation
    flags = 0 if row.item_info_check_result is None else flags_of(row.item_info_check_result)
    local_reason = None if offline is None else _LOCAL[offline.fm_check_error_reason]
    answer = None if online is None else _PROCESSED.get(online.mark_operator_response_result or "")
    status = None if online is None else _STATUSES.get(online.mark_operator_item_status or "")
    code = _online(row)
    return CodeCheck(
        flags=flags,
        result=letter(flags),
        reason=reason_of(
            flags,
            planned=asked.planned,
            code=asked.code,
            local_reason=local_reason,
            online=code,
            processed=answer,
            status=status,
        ),
        local=None if offline is None else offline.fm_check | offline.fm_check_result << 1,
        local_reason=local_reason,
        kind=None if online is None else _kind(online.imc_type),
        online=code,
        processed=answer,
        server=None if online is None else _server(online.mark_operator_response),
        status=status,
    )


def _online(row: Validation) -> int | None:
    """The drive's word for how the online check went; None where nobody was asked."""
    error = row.driver_error
    if error is not None and error.code:
        return _UNHEARD.get(error.error or "", _FAILED)
    return ONLINE_FINE if row.online_validation is not None else None


def _kind(spelt: str | int | None) -> int | None:
    return _KINDS.get(spelt) if isinstance(spelt, str) else spelt


def _server(response: OperatorResponse | None) -> int | None:
    """Tag 2005: both checks were made, each with its result."""
    return None if response is None else 5 | response.response_status << 1 | response.item_status_check << 3
