"""Numbers of the money (1Ah) and operation (1Bh) registers (shtrih_m §8).

`kind` is the receipt type of 8Dh: 0 sale, 1 buy, 2 sale return, 3 buy return. Departments, payment forms and taxes
count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("приход", "расход", "возврат прихода", "возврат расхода")

CASH_AT_CLOSE = 120
CASH_IN_DRAWER = 241
CASH_IN_SHIFT = 242
CASH_OUT_SHIFT = 243
GRAND_TOTAL = 244

DOCUMENT_NUMBER = 152
CASH_INS = 153
CASH_OUTS = 154
CASH_IN_NUMBER = 155
CASH_OUT_NUMBER = 156
CANCELLED = 157
X_REPORTS = 158
CANCELS = 166
NON_FISCAL = 183
DOCUMENT_NUMBER_LOW = 185
DOCUMENT_NUMBER_HIGH = 186


@dataclass(frozen=True, slots=True)
class Block:
    """A run of registers: `count` groups of four kinds (or single ones when `by_kind` is false)."""

    first: int
    count: int
    name: str
    by_kind: bool = True

    @property
    def last(self) -> int:
        return self.first + self.count * (4 if self.by_kind else 1) - 1


MONEY_BLOCKS: tuple[Block, ...] = (
    Block(0, 16, "отдел {n} в чеке"),
    Block(64, 1, "скидки в чеке"),
    Block(68, 1, "надбавки в чеке"),
    Block(72, 4, "оплата {n} в чеке"),
    Block(88, 4, "оборот по налогу {n} в чеке"),
    Block(104, 4, "налог {n} в чеке"),
    Block(CASH_AT_CLOSE, 1, "наличность в кассе на момент закрытия чека", by_kind=False),
    Block(121, 16, "отдел {n} в смене"),
    Block(185, 1, "скидки в смене"),
    Block(189, 1, "надбавки в смене"),
    Block(193, 4, "оплата {n} в смене"),
    Block(209, 4, "оборот по налогу {n} в смене"),
    Block(225, 4, "налог {n} в смене"),
    Block(CASH_IN_DRAWER, 1, "наличность в кассе", by_kind=False),
    Block(CASH_IN_SHIFT, 1, "сумма внесений в смене", by_kind=False),
    Block(CASH_OUT_SHIFT, 1, "сумма выплат в смене", by_kind=False),
    Block(GRAND_TOTAL, 1, "необнуляемая сумма", by_kind=False),
    Block(245, 4, "не используется", by_kind=False),
    Block(249, 1, "сумма аннулированных чеков"),
    Block(4144, 12, "оплата {n5} в смене"),  # one driver only (UNCONFIRMED)
    Block(4192, 2, "оборот по расчётным налогам {n} в чеке"),  # one driver only (UNCONFIRMED)
)

COUNTER_BLOCKS: tuple[Block, ...] = (
    Block(0, 18, "операции в чеке, группа {n}"),
    Block(72, 16, "операции отдела {n} в смене"),
    Block(136, 2, "скидки и надбавки, группа {n}"),
    Block(144, 1, "чеки в смене"),
    Block(148, 1, "номер чека"),
    Block(DOCUMENT_NUMBER, 1, "сквозной номер документа", by_kind=False),
    Block(CASH_INS, 1, "внесений в смене", by_kind=False),
    Block(CASH_OUTS, 1, "выплат в смене", by_kind=False),
    Block(CASH_IN_NUMBER, 1, "номер внесения", by_kind=False),
    Block(CASH_OUT_NUMBER, 1, "номер выплаты", by_kind=False),
    Block(CANCELLED, 1, "отменённых документов", by_kind=False),
    Block(X_REPORTS, 1, "номер отчёта без гашения", by_kind=False),
    Block(159, 1, "номер отчёта с гашением до фискализации", by_kind=False),
    Block(CANCELS, 1, "номер аннулирования", by_kind=False),
    Block(179, 1, "аннулированные чеки"),
    Block(NON_FISCAL, 1, "нефискальных документов", by_kind=False),
    Block(184, 1, "номер нефискального документа", by_kind=False),
    Block(DOCUMENT_NUMBER_LOW, 1, "длинный сквозной номер, младшее слово", by_kind=False),
    Block(DOCUMENT_NUMBER_HIGH, 1, "длинный сквозной номер, старшее слово", by_kind=False),
)


def _describe(blocks: tuple[Block, ...], number: int) -> str | None:
    for block in blocks:
        if block.first <= number <= block.last:
            if not block.by_kind:
                return block.name
            group, kind = divmod(number - block.first, 4)
            return f"{block.name.format(n=group + 1, n5=group + 5)}: {KINDS[kind]}"
    return None


def money_text(number: int) -> str | None:
    """What a money register counts; None when the device has no such register."""
    return _describe(MONEY_BLOCKS, number)


def counter_text(number: int) -> str | None:
    """What an operation register counts; None when the device has no such register."""
    return _describe(COUNTER_BLOCKS, number)


def receipt_department(kind: int, department: int) -> int:
    return (department - 1) * 4 + kind


def receipt_payment(kind: int, form: int) -> int:
    """Forms 1…4 in the open (or last) receipt."""
    return 72 + (form - 1) * 4 + kind


def receipt_turnover(kind: int, tax: int) -> int:
    return 88 + (tax - 1) * 4 + kind


def receipt_tax(kind: int, tax: int) -> int:
    return 104 + (tax - 1) * 4 + kind


def shift_department(kind: int, department: int) -> int:
    return 121 + (department - 1) * 4 + kind


def shift_payment(kind: int, form: int) -> int:
    """Forms 1…16 in the shift; 5 and above live in the two-byte numbers."""
    return 193 + (form - 1) * 4 + kind if form <= 4 else 4144 + (form - 5) * 4 + kind


def shift_turnover(kind: int, tax: int) -> int:
    return 209 + (tax - 1) * 4 + kind


def shift_tax(kind: int, tax: int) -> int:
    return 225 + (tax - 1) * 4 + kind


def shift_receipts(kind: int) -> int:
    return 144 + kind


def receipt_number(kind: int) -> int:
    return 148 + kind


def department_operations(kind: int, department: int) -> int:
    return 72 + (department - 1) * 4 + kind


def cancelled_receipts(kind: int) -> int:
    return 179 + kind


def voided_sum(kind: int) -> int:
    return 249 + kind
