"""What a check of a marking code says: the letter on the paper, and why it is not [M+] (marking.md 3.2, 3.3).

`flags` is tag 2106 throughout. The letter follows from it alone; the reason needs what the drive and the marking server
(ОИСМ) said besides, and is told as far as that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntFlag
from typing import Final, Self

from devices.errors import DeviceError, RequestError
from devices.hints import joined
from devices.registers.base import CodeCheck, Difference, MarkingVerdict, Warn
from protocols.ffd.enums import FfdVersion, Measure, Operation
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Item, Receipt
from protocols.ffd.tlv import Element, all_of, find
from protocols.marking import Kind, read


class Flag(IntFlag):
    """Bits of tag 2106: each check was made, and its result."""

    DRIVE_CHECKED = 0x01
    DRIVE_GOOD = 0x02
    SERVER_CHECKED = 0x04
    SERVER_GOOD = 0x08
    AUTONOMOUS = 0x10


_ALL_GOOD: Final = 0x0F

PLUS, PLAIN, MINUS = "M+", "M", "M-"


def letter(flags: int) -> str:
    """ "M+" when both checks were made and passed, "M-" when one was made and failed, "M" otherwise."""
    if flags & _ALL_GOOD == _ALL_GOOD:
        return PLUS
    return MINUS if _drive_failed(flags) or _server_failed(flags) else PLAIN


def _drive_failed(flags: int) -> bool:
    return bool(flags & Flag.DRIVE_CHECKED and not flags & Flag.DRIVE_GOOD)


def _server_failed(flags: int) -> bool:
    return bool(flags & Flag.SERVER_CHECKED and not flags & Flag.SERVER_GOOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a code is not [M+]. `result` is the letter it comes with, `hint` (Russian) what the cashier does about it."""

    code: str
    result: str
    detail: str
    hint: str


_REASONS: Final = (
    Reason(
        code="marking_not_genuine",
        result=MINUS,
        detail="the check of the code's signature failed: the code was misread, damaged or forged",
        hint="Код не прошёл проверку подлинности. Отсканируйте его ещё раз; если ответ тот же, не продавайте товар.",
    ),
    # 2109 = 2 is one word for many causes, and nobody tells the register more: what is known is which movement was
    # asked for (2003), so the causes that go with it are named, and where the exact one can be seen.
    Reason(
        code="marking_status_wrong",
        result=MINUS,
        detail="the marking system does not let this unit be sold (2109 = 2): it was sold or withdrawn already, was "
        "never put into circulation, is not known, is expired, has another owner, or its code was issued for other "
        "goods; which of these, registers are not told",
        hint="«Честный знак» не разрешает продать этот товар: он уже продан или выведен из оборота, не введён в "
        "оборот, не найден, просрочен, числится за другим продавцом, или код от другого товара. Какая из причин, кассе "
        "не сообщают: её покажет приложение «Честный знак». Отложите товар и возьмите другой экземпляр.",
    ),
    Reason(
        code="marking_part_status_wrong",
        result=MINUS,
        detail="the marking system does not let a part of this unit be sold (2109 = 2): it was sold as a whole or "
        "withdrawn already, was never put into circulation, is not known, is expired, has another owner, or its code "
        "was issued for other goods; which of these, registers are not told",
        hint="«Честный знак» не разрешает продать часть этой упаковки: она уже продана целиком или выведена из "
        "оборота, не введена в оборот, не найдена, просрочена, числится за другим продавцом, или код от другого "
        "товара. Какая из причин, кассе не сообщают: её покажет приложение «Честный знак». Отложите эту упаковку.",
    ),
    Reason(
        code="marking_return_status_wrong",
        result=MINUS,
        detail="the marking system does not let this unit come back (2109 = 2): it does not count as sold, came back "
        "already, or is not known",
        hint="«Честный знак» не принимает возврат: этот экземпляр не числится проданным, уже возвращён или не найден. "
        "Сверьте код с тем, что в чеке продажи. Если товар продан сегодня, сведения могли ещё не дойти: повторите "
        "позже.",
    ),
    Reason(
        code="marking_correction_status_wrong",
        result=MINUS,
        detail="the marking system does not know this unit, or takes no correction of it, though no movement was told "
        "(2003 = 255, 2109 = 2)",
        hint="«Честный знак» не принимает этот код и в чеке коррекции. Сверьте его с чеком, который исправляете. Если "
        "код верный, коррекцию всё равно надо пробить: пусть программа передаст её с on_marking_failure = sell.",
    ),
    Reason(
        code="marking_turnover_suspended",
        result=MINUS,
        detail="the marking system says that the turnover of this unit is suspended",
        hint="Оборот этого товара приостановлен по решению ведомства. Снимите его с продажи.",
    ),
    Reason(
        code="marking_tail_missing",
        result=PLAIN,
        detail="the code's cryptographic part (91 and 92, or 93) is missing or incomplete, so nobody can check it",
        hint="В коде нет криптохвоста, или он неполный: проверить код нельзя. Отсканируйте сам DataMatrix с упаковки: "
        "код из накладной или с чека не подходит.",
    ),
    Reason(
        code="marking_code_unrecognised",
        result=PLAIN,
        detail="the marking system does not recognise the code (2105 = 2)",
        hint="«Честный знак» не распознал код. Отсканируйте код маркировки ещё раз, целиком и не штрихкод EAN.",
    ),
    Reason(
        code="marking_not_in_system",
        result=PLAIN,
        detail="an excise stamp of ЕГАИС: the marking system keeps no such codes and checks none, the code is only "
        "written into the document",
        hint="Это акцизная марка ЕГАИС: «Честный знак» таких не проверяет, касса записывает её в чек. Так и должно "
        "быть.",
    ),
    Reason(
        code="marking_request_refused",
        result=PLAIN,
        detail="the marking system found the register's request malformed (2105 = 1)",
        hint="«Честный знак» не принял запрос кассы: код не проверен. Сообщите в сервисный центр кассы.",
    ),
    Reason(
        code="marking_server_silent",
        result=PLAIN,
        detail="the marking server did not answer in time, so the code was not checked online",
        hint="Нет связи с «Честным знаком»: код не проверен. Проверьте интернет у кассы.",
    ),
    Reason(
        code="marking_answer_rejected",
        result=PLAIN,
        detail="the fiscal drive did not accept the marking server's answer",
        hint="Накопитель не принял ответ «Честного знака»: код не проверен. Если повторится, обратитесь в сервис.",
    ),
    Reason(
        code="marking_exchange_failed",
        result=PLAIN,
        detail="the register could not exchange data with the marking server",
        hint="Касса не смогла обменяться данными с «Честным знаком»: код не проверен. Проверьте настройки связи.",
    ),
    Reason(
        code="marking_autonomous",
        result=PLAIN,
        detail="the register is registered as autonomous and asks no marking server",
        hint="Касса работает автономно: код онлайн не проверяется, так и должно быть.",
    ),
    Reason(
        code="marking_not_checked",
        result=PLAIN,
        detail="the code was not checked online: the register did not ask the marking server, or it is not known why",
        hint="Код не проверен онлайн. Проверьте интернет у кассы и настройки её связи с «Честным знаком».",
    ),
    Reason(
        code="marking_signature_unchecked",
        result=PLAIN,
        detail="the unit's status is right, but nobody checked the code's signature",
        hint="Подлинность кода не проверена, статус товара верный. Товар можно продать.",
    ),
    Reason(
        code="marking_not_in_ffd",
        result=PLAIN,
        detail="this ФФД knows no check of marking codes: the code is only written into the document (tag 1162)",
        hint="Касса с ФФД 1.05 или 1.1 коды не проверяет, а только записывает в чек.",
    ),
)

REASONS: Final[Mapping[str, Reason]] = {row.code: row for row in _REASONS}

#: Planned status (2003) of a unit that stays where it is: the correction of a sale that has moved it already
#: (ffd_documents.md 3; that it is meant for this UNCONFIRMED by a second source).
UNMOVED: Final = 255

#: Planned status (2003) -> why the marking system finds it wrong. 1 is what is assumed where it is not known.
_STATUS_WRONG: Final[Mapping[int, str]] = {
    1: "marking_status_wrong",
    2: "marking_part_status_wrong",
    3: "marking_return_status_wrong",
    4: "marking_return_status_wrong",
    UNMOVED: "marking_correction_status_wrong",
}

#: Codes that go another way than through the marking system (marking.md 1.3).
_NOT_IN_SYSTEM: Final = frozenset({Kind.EGAIS2, Kind.EGAIS3})

#: Goods that come back: a refund of a sale, and what a shop buys. Corrections move goods as their operation does.
_INCOMING: Final = frozenset({Operation.SELL_REFUND, Operation.BUY})

#: Why the drive did not check the signature by itself: byte 2 of FF61's answer (marking.md 3.4). 0 = it did.
LOCAL_REASONS: Final[Mapping[int, str]] = {
    0: "the drive checked it",
    1: "codes of this kind are not checked by the drive",
    2: "the drive has no key for this code",
    3: "identifiers 91 and 92 are missing or malformed",
    4: "the drive could not check it",
}

#: Why the drive rejected the server's answer: the byte after 20h (marking.md 3.4).
ANSWER_FAULTS: Final[Mapping[int, str]] = {
    1: "wrong fiscal sign",
    2: "malformed tags",
    3: "another request's number",
    4: "another drive's number",
    5: "wrong checksum",
    7: "wrong length",
}

ONLINE_FINE, ONLINE_REJECTED, ONLINE_SILENT = 0x00, 0x20, 0xFF
_REQUEST_MALFORMED, _CODE_MALFORMED = 1, 2
_SUSPENDED = 3
_NO_TAIL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedUnit:
    """A code as scanned (GS = 0x1D), and how its unit is about to change hands; `fraction` of a part of one."""

    code: bytes
    operation: Operation
    measure: Measure = Measure.PIECE
    quantity: Decimal = Decimal(1)
    fraction: tuple[int, int] | None = None

    @classmethod
    def of(cls, item: Item, operation: Operation) -> Self:
        """Of a receipt's line that has a code."""
        assert item.marking is not None, "asked for lines with a code"
        return cls(
            code=item.marking.code,
            operation=operation,
            measure=item.measure,
            quantity=item.quantity,
            fraction=fraction_of(item),
        )

    @property
    def measured(self) -> bool:
        return is_measured(self.measure, fraction=self.fraction is not None)

    @property
    def planned(self) -> int:
        """Tag 2003."""
        return planned_status(self.operation, measured=self.measured)


def fraction_of(item: Item) -> tuple[int, int] | None:
    """Numerator and denominator of a part of a piece."""
    marking = item.marking
    if marking is None or marking.numerator is None or marking.denominator is None:
        return None
    return marking.numerator, marking.denominator


def planned_status(operation: Operation, *, measured: bool) -> int:
    """Tag 2003: what becomes of the goods. 1 / 2 they leave (whole / measured or in part), 3 / 4 they come back."""
    return (3 if operation in _INCOMING else 1) + measured


def is_measured(measure: Measure, *, fraction: bool) -> bool:
    """Whether a line moves a measured quantity or a part of a piece, not one whole piece."""
    return measure is not Measure.PIECE or fraction


def reason_of(
    flags: int,
    *,
    planned: int = 1,
    code: bytes = b"",
    local_reason: int | None = None,
    online: int | None = None,
    processed: int | None = None,
    status: int | None = None,
) -> str:
    """The row's code, "" for [M+].

    `planned`: 2003, `code`: what was checked, `online`: the drive's answer code, `processed`: 2105, `status`: 2109.
    None where there was none, or where it is not known any more.
    """
    result = letter(flags)
    if result == PLUS:
        return ""
    if result == PLAIN and read(code).kind in _NOT_IN_SYSTEM:
        return "marking_not_in_system"
    if processed == _CODE_MALFORMED:
        # The drive says 3 of short codes (93) too, which the marking system does check: both must miss the tail.
        return "marking_tail_missing" if local_reason == _NO_TAIL else "marking_code_unrecognised"
    if result == MINUS:
        if status == _SUSPENDED:
            return "marking_turnover_suspended"
        return "marking_not_genuine" if _drive_failed(flags) else _STATUS_WRONG.get(planned, _STATUS_WRONG[1])
    if processed == _REQUEST_MALFORMED:
        return "marking_request_refused"
    if flags & Flag.AUTONOMOUS:
        return "marking_autonomous"
    if flags & Flag.SERVER_CHECKED:
        return "marking_signature_unchecked"
    if online is None:
        return "marking_not_checked"
    if online == ONLINE_SILENT:
        return "marking_server_silent"
    return "marking_answer_rejected" if online == ONLINE_REJECTED else "marking_exchange_failed"


def verdict(item: int, check: CodeCheck) -> MarkingVerdict:
    """The check of one line."""
    return MarkingVerdict(item=item, result=check.result, flags=check.flags, reason=check.reason)


def verdicts(receipt: Receipt, ffd: FfdVersion, elements: Iterable[Element]) -> tuple[MarkingVerdict, ...]:
    """Per line with a code, as the document tells it afterwards: tag 2106, and [M] where the ФФД has none."""
    lines = [item.value for item in all_of(elements, T.ITEM)]
    found = []
    for index, (item, line) in enumerate(zip(receipt.items, lines, strict=False)):
        if item.marking is None or not isinstance(line, tuple):
            continue
        if ffd is not FfdVersion.V1_2:
            found.append(unchecked(index))
            continue
        held = find(line, T.ITEM_CHECK_RESULT)
        if held is not None and isinstance(held.value, int):
            flags, planned = held.value, MarkedUnit.of(item, receipt.operation).planned
            if receipt.correction is not None:
                planned = UNMOVED  # the last thing that is asked of one that is [M-]
            reason = reason_of(flags, planned=planned, code=item.marking.code)
            found.append(MarkingVerdict(item=index, result=letter(flags), flags=flags, reason=reason))
    return tuple(found)


#: What registers of ФФД 1.05 and 1.1 say of every code.
NOT_IN_FFD: Final = CodeCheck(flags=0, result=PLAIN, reason="marking_not_in_ffd")


def unchecked(item: int) -> MarkingVerdict:
    """A line whose code goes into a document of ФФД 1.05 or 1.1."""
    return verdict(item, NOT_IN_FFD)


class MarkingRefused(DeviceError):
    """Lines whose check is [M-], twice: nothing was opened, nothing stays in the drive.

    `marking` are all lines' verdicts. No `Rejected`: what the line may have spoilt was asked a second time already.
    """

    def __init__(self, marking: Sequence[MarkingVerdict]) -> None:
        self.marking = tuple(marking)
        bad = [one for one in self.marking if one.result == MINUS]
        first = bad[0]
        super().__init__(
            "; ".join(f"/items/{one.item}/marking: [{one.result}] {REASONS[one.reason].detail}" for one in bad),
            number=first.flags,
            command="check_code",
            hint=joined((f"/items/{one.item}", REASONS[one.reason].hint) for one in bad),
            code=first.reason,
        )


#: Reasons that are the register's or the code's nature and no news to the caller.
EXPECTED: Final = frozenset({"marking_not_in_ffd", "marking_autonomous", "marking_not_in_system"})


def warnings_of(marking: Iterable[MarkingVerdict]) -> tuple[Warn, ...]:
    """One warning per reason for the lines that were sold without [M+]."""
    lines: dict[str, list[MarkingVerdict]] = {}
    for one in marking:
        if one.reason and one.reason not in EXPECTED:
            lines.setdefault(one.reason, []).append(one)
    return tuple(
        Warn(
            code=code,
            detail=f"{', '.join(f'/items/{one.item}' for one in some)}: [{some[0].result}] {REASONS[code].detail}",
            hint=joined((f"/items/{one.item}", REASONS[code].hint) for one in some),
        )
        for code, some in lines.items()
    )


def differences(
    receipt: Receipt, ffd: FfdVersion, elements: Sequence[Element], marking: Iterable[MarkingVerdict] | None
) -> Iterator[Difference]:
    """Where the document's marks (2102, 2106, 2107) are not those of the checks.

    Without `marking` (it was lost with the answer) the document must at least not contradict itself.
    """
    if ffd is not FfdVersion.V1_2 or not any(item.marking for item in receipt.items):
        return
    known = None if marking is None else {one.item: one.flags for one in marking}
    negative = False
    for index, (item, line) in enumerate(zip(receipt.items, all_of(elements, T.ITEM), strict=False)):
        inner = line.value if isinstance(line.value, tuple) else ()
        held, mode = _number(inner, T.ITEM_CHECK_RESULT), _number(inner, T.MARKING_PROCESSING_MODE)
        if item.marking is None:
            continue
        path = f"{int(T.ITEM)}[{index}]"
        asked = held if known is None else known.get(index)
        if held is None or held != asked:
            yield Difference(path=f"{path}/{int(T.ITEM_CHECK_RESULT)}", asked=_shown(asked), found=_shown(held))
        if mode:
            yield Difference(path=f"{path}/{int(T.MARKING_PROCESSING_MODE)}", asked="0", found=str(mode))
        negative = negative or (held is not None and letter(held) == MINUS)
    total = _number(elements, T.MARKED_ITEMS_CHECK_RESULT)
    if (total or 0) != negative:
        yield Difference(path=str(int(T.MARKED_ITEMS_CHECK_RESULT)), asked=str(int(negative)), found=_shown(total))


def _number(elements: Iterable[Element], tag: T) -> int | None:
    found = find(elements, tag)
    return found.value if found is not None and isinstance(found.value, int) else None


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def marking_not_registered(where: str) -> RequestError:
    """The register may not sell marked goods, or not by ФФД 1.2."""
    return RequestError(
        f"{where}: the register is not registered for marked goods",
        hint="Касса зарегистрирована без признака торговли маркированными товарами.",
        code="marking_not_registered",
    )
