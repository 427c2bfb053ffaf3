"""Every kind of job that changes a register, as the fault matrix posts it: what is there before, what it must make."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from emulator.place import EmulatedRegister
from emulator.registers.shtrih import ledger
from gateway.jobs.model import JobKind
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.receipt import Cashier
from protocols.ffd.tlv import find
from protocols.shtrih import registers
from protocols.shtrih.commands import Bare
from protocols.shtrih.commands.receipts import CashIn, OpenShift

PASSWORD = 30
CASHIER = Cashier(name="Иванова А. А.", inn="500100732259")
_SHIFT = (OpenShift(PASSWORD), CashIn(PASSWORD, 500_000))
_TEXT = "ПРОВЕРКА СВЯЗИ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`effect` counts what the job is to make, so that its difference must be one."""

    name: str
    kind: JobKind
    body: str
    effect: Callable[[EmulatedRegister], int]
    ffd: FfdVersion = FfdVersion.V1_2
    before: tuple[Bare, ...] = _SHIFT
    prepare: Callable[[EmulatedRegister], None] = field(default=lambda register: None)


def _item(**more: Any) -> dict[str, Any]:
    return {
        "name": "Чай",
        "price": "123.45",
        "quantity": "2",
        "payment_method": "full_payment",
        "payment_object": "commodity",
        "vat": "vat22",
        **more,
    }


def _receipt(operation: str, **more: Any) -> str:
    """A body in the journal's own form."""
    body = {
        "operation": operation,
        "taxation": "osn",
        "items": [_item()],
        "payments": [{"type": "cash", "sum": "246.90"}],
        "customer": {"email": "buyer@example.ru"},
        **more,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def documents(code: DocumentCode, operation: int = 0, total: int = 0) -> Callable[[EmulatedRegister], int]:
    """Documents of the archive with this code, operation (1054) and total (1020)."""

    def count(register: EmulatedRegister) -> int:
        found = register.device.drive.documents()
        return sum((one.code, one.operation, one.total) == (code, operation, total) for one in found)

    return count


def _receipts_of_checked_codes(register: EmulatedRegister) -> int:
    """Receipts whose two units have their codes (1163), both [M+] (2106 = 15) and told to the marking system once."""
    count = 0
    for document in register.device.drive.documents():
        lines = [one.value for one in document.elements if one.tag == 1059]
        marks = [find(line, 2106) for line in lines if find(line, 1163)]  # type: ignore[arg-type]
        if marks:
            assert [mark and mark.value for mark in marks] == [15, 15]
            count += 1
    told = register.device.drive.marking.all_notifications()  # type: ignore[attr-defined]
    assert len(told) == count, "a notification for each receipt, and none for what came to nothing"
    return count


def cash(counter: int, money: int) -> Callable[[EmulatedRegister], int]:
    """Cash operations of a hundred rubles, by the register's own count and sum, which must agree."""

    def count(register: EmulatedRegister) -> int:
        till = register.device.register.core.till  # type: ignore[attr-defined]
        known = 500_000 if counter == registers.CASH_INS else 0
        operations = ledger.counter(till, counter)
        assert ledger.money(till, money) == known + 10_000 * (operations - bool(known))
        return int(operations)

    return count


def printed(text: str) -> Callable[[EmulatedRegister], int]:
    """How often the tape shows it."""
    return lambda register: register.device.paper_text().count(text)


def clock_right(register: EmulatedRegister) -> int:
    core = register.device.register.core  # type: ignore[attr-defined]
    return int(abs((core.now() - core.clock.shop()).total_seconds()) < 5)


def _wrong_clock(register: EmulatedRegister) -> None:
    register.device.register.core.memory.clock_offset = 600.0  # type: ignore[attr-defined]


def _interrupted(register: EmulatedRegister) -> None:
    """A text whose paper ran out; the new roll is in, nobody has pressed "continue"."""
    device = register.device
    printer = device.register.printer  # type: ignore[attr-defined]
    printer.break_off(paper=True)
    printer.text([_TEXT])
    device.set_paper(present=True)


def _unit(number: int) -> dict[str, Any]:
    """A shoe with its code and crypto-tail: AI 01, 21, 91, 92."""
    code = f"010460043993125621JgXJ5.{number}\u001d91EE06\u001d92" + "A" * 44
    return _item(quantity="1", measure="piece", payment_object="commodity_with_marking", marking={"code": code})


#: Two units and a bag: 246.90 + 123.45.
_MARKED = {
    "items": [_unit(1), _item(quantity="1"), _unit(2)],
    "payments": [{"type": "cash", "sum": "370.35"}],
}
_CORRECTION = {"correction": {"kind": "self", "date": "2026-02-27", "number": "7"}, "customer": None}
_SELL, _REFUND, _BUY = 1, 2, 3
_V105 = FfdVersion.V1_05

SCENES = {
    scene.name: scene
    for scene in (
        Scene(
            name="open_shift",
            kind=JobKind.OPEN_SHIFT,
            body="{}",
            before=(),
            effect=documents(DocumentCode.SHIFT_OPEN),
        ),
        Scene(name="close_shift", kind=JobKind.CLOSE_SHIFT, body="{}", effect=documents(DocumentCode.SHIFT_CLOSE)),
        Scene(
            name="sell",
            kind=JobKind.RECEIPT,
            body=_receipt("sell"),
            effect=documents(DocumentCode.RECEIPT, _SELL, 24_690),
        ),
        Scene(
            name="sell, ФФД 1.05",
            kind=JobKind.RECEIPT,
            body=_receipt("sell"),
            ffd=_V105,
            effect=documents(DocumentCode.RECEIPT, _SELL, 24_690),
        ),
        Scene(
            name="sell, marked",
            kind=JobKind.RECEIPT,
            body=_receipt("sell", **_MARKED),
            effect=_receipts_of_checked_codes,
        ),
        Scene(
            name="sell_refund, marked",
            kind=JobKind.RECEIPT,
            body=_receipt("sell_refund", **_MARKED),
            effect=_receipts_of_checked_codes,
        ),
        Scene(
            name="sell, not printed",
            kind=JobKind.RECEIPT,
            body=_receipt("sell", print=False),
            effect=documents(DocumentCode.RECEIPT, _SELL, 24_690),
        ),
        Scene(
            name="sell, shift closed",
            kind=JobKind.RECEIPT,
            body=_receipt("sell"),
            before=(),
            effect=documents(DocumentCode.RECEIPT, _SELL, 24_690),
        ),
        Scene(
            name="sell_refund",
            kind=JobKind.RECEIPT,
            body=_receipt("sell_refund"),
            effect=documents(DocumentCode.RECEIPT, _REFUND, 24_690),
        ),
        Scene(
            name="buy", kind=JobKind.RECEIPT, body=_receipt("buy"), effect=documents(DocumentCode.RECEIPT, _BUY, 24_690)
        ),
        Scene(
            name="correction",
            kind=JobKind.CORRECTION,
            body=_receipt("sell_correction", **_CORRECTION),
            effect=documents(DocumentCode.CORRECTION, _SELL, 24_690),
        ),
        Scene(
            name="correction, ФФД 1.05",
            kind=JobKind.CORRECTION,
            body=_receipt("sell_correction", items=[_item(vat="vat10")], **_CORRECTION),
            ffd=_V105,
            effect=documents(DocumentCode.CORRECTION, _SELL, 24_690),
        ),
        Scene(
            name="cash_in",
            kind=JobKind.CASH_IN,
            body='{"sum":"100.00"}',
            effect=cash(registers.CASH_INS, registers.CASH_IN_SHIFT),
        ),
        Scene(
            name="cash_out",
            kind=JobKind.CASH_OUT,
            body='{"sum":"100.00"}',
            effect=cash(registers.CASH_OUTS, registers.CASH_OUT_SHIFT),
        ),
        Scene(name="x_report", kind=JobKind.X_REPORT, body="{}", effect=printed("ОТЧЁТ БЕЗ ГАШЕНИЯ")),
        Scene(
            name="print_text",
            kind=JobKind.PRINT_TEXT,
            body=json.dumps({"lines": [_TEXT, "вторая строка"]}),
            effect=printed(_TEXT),
        ),
        Scene(name="reprint", kind=JobKind.REPRINT, body='{"job":"1","document":2}', effect=printed("КОПИЯ")),
        Scene(name="set_clock", kind=JobKind.SET_CLOCK, body="{}", before=(), prepare=_wrong_clock, effect=clock_right),
        Scene(name="recover", kind=JobKind.RECOVER, body="{}", prepare=_interrupted, effect=printed(_TEXT)),
    )
}
