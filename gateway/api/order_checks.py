"""What keeps an order's receipts from being made, found before anything is kept of the call that would make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC
from functools import partial
from typing import Any

from devices.hints import joined
from gateway.api.context import Context
from gateway.api.problems import Problem
from gateway.jobs import permit
from gateway.marking.permit import Verdict
from gateway.marking.permit.reasons import NO_ANSWER
from gateway.orders.accept import at_order, one_of_each, specimens
from gateway.orders.bodies import body
from gateway.orders.book import Book
from gateway.orders.ledger import Document
from gateway.orders.log import Put
from gateway.orders.order import Delivery, Event, Order, Return
from gateway.receipts.convert import to_receipt
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import accept
from protocols.ffd.enums import Operation
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.marking import Code, CodeError, parse

_FRESH_DRIVE = ""  # the number of a drive that was never seen


def register_of(context: Context, receipt: dict[str, Any]) -> str:
    """The register that a receipt's body means; BodyFaults when there is none."""
    name = receipt.get("register") or context.shop.default_register
    if name not in context.shop.registers:
        known = ", ".join(context.shop.registers)
        raise BodyFaults([Fault("/register", "register_unknown", f"no register {name!r}; there are {known}")])
    return str(name)


def unknown_register(context: Context, raw: Any) -> list[Fault]:
    """An order's register that is not there, told with the faults of its body."""
    try:
        register_of(context, raw if isinstance(raw, dict) and isinstance(raw.get("register"), str) else {})
    except BodyFaults as error:
        return list(error.faults)
    return []


def composition(context: Context, number: str, put: Put) -> None:
    """BodyFaults for an order whose receipts its register, connected now, cannot make; of the bank's till who knows."""
    if put.policy.fiscaliser == "bank":
        return
    found: list[Fault] = []
    for document, places in specimens(put):
        raw = body(document, number, put.common)
        handle = context.shop.registers[register_of(context, raw)]
        if handle.connected:
            raw.pop("id")
            receipt = to_receipt(accept(raw, context.now).body)
            found += (_moved(fault, at_order(fault.pointer, places)) for fault in handle.faults(receipt))
    _refuse(one_of_each(found))


async def happening(
    context: Context, book: Book, event: Event, documents: Sequence[Document], *, with_permit: bool = True
) -> None:
    """BodyFaults for an event whose receipts cannot be made; Problem when permit mode refuses a unit of them."""
    found: list[Fault] = []
    units: list[tuple[str, str, Code | CodeError, int, Operation]] = []
    register = None
    for document in documents:
        raw = body(document, book.order.number, book.common)
        at = partial(_at_event, document=document, event=event, order=book.order)
        try:
            receipt = to_receipt(accept(raw, context.now).body)
        except BodyFaults as error:
            found += (_moved(fault, at(fault.pointer), _line(fault.pointer, document)) for fault in error.faults)
            continue
        if document.by_bank:
            continue
        register = register_of(context, raw)
        handle = context.shop.registers[register]
        if handle.connected:
            faults = handle.faults(receipt)
            found += (_moved(fault, at(fault.pointer), _line(fault.pointer, document)) for fault in faults)
        units += _units(receipt, at)
    _refuse(found)
    if units and with_permit and context.shop.permit is not None:
        said = await verdicts(context, [one[2:] for one in units], register)
        refused = [
            (at, name, verdict) for (at, name, *_), (_, verdict) in zip(units, said, strict=True) if not verdict.allowed
        ]
        if refused:
            raise _denied(refused)


async def verdicts(
    context: Context, asked: Sequence[tuple[Code | CodeError, int | None, Operation]], register: str | None
) -> list[tuple[Code | None, Verdict]]:
    """What permit mode says now of codes with their prices and deals; kept in the journal. Only where it is on."""
    shop = context.shop
    assert shop.permit is not None, "nobody can be asked"
    snapshot = None if register is None else shop.registers[register].snapshot
    fn = _FRESH_DRIVE if snapshot is None or snapshot.identity is None else snapshot.identity.fn
    now = context.now()
    local = now if register is None else now.astimezone(shop.registers[register].settings.zone)
    said = await permit.checked(shop.permit, asked, fn=fn, now=local)
    at = now.astimezone(UTC)
    await shop.journal.keep_verdicts(
        [
            permit.record(verdict, code, at=at, register=register or "", fn=fn, job_id=None, item=place)
            for place, (code, verdict) in enumerate(said)
        ]
    )
    return said


def _units(receipt: Receipt, at: Callable[[str], str]) -> Iterator[tuple[str, str, Code | CodeError, int, Operation]]:
    """Units that permit mode is asked about: place in the event, name, code, price, deal."""
    for place, item in enumerate(receipt.items):
        if permit.concerns(receipt, item) and item.marking is not None:
            try:
                code: Code | CodeError = parse(item.marking.code)
            except CodeError as error:
                code = error
            yield at(f"/items/{place}/marking"), item.name, code, item.price, receipt.operation


def _at_event(pointer: str, document: Document, event: Event, order: Order) -> str:
    """A pointer into a document's receipt as one into the event that makes it.

    Of an event that names no lines, as one into the order's own; to the whole where no line is to blame.
    """
    parts = pointer.split("/")
    if parts[1:2] != ["items"]:
        return ""
    if len(parts) < 3:
        return "/items"
    item = document.items[int(parts[2])]
    goods = event.goods if isinstance(event, Delivery | Return) else None
    for index, entry in enumerate(goods or ()):
        if entry.line == item.line:
            place = next((at for at, code in enumerate(entry.codes) if code == item.code), None)
            return f"/items/{index}" if place is None else f"/items/{index}/codes/{place}"
    if goods is None:
        return next((f"/items/{index}" for index, line in enumerate(order.lines) if line.id == item.line), "/items")
    return "/items"


def _line(pointer: str, document: Document) -> str | None:
    """The order's line that a pointer into a document's receipt is about."""
    parts = pointer.split("/")
    return document.items[int(parts[2])].line if parts[1:2] == ["items"] and len(parts) > 2 else None


def _moved(fault: Fault, at: str, line: str | None = None) -> Fault:
    """Told of the order's line and of the receipt's own place, too, where the caller's body has none for it."""
    where = "" if at.count("/") > 1 or fault.pointer == at else f"{fault.pointer} of the receipt: "
    named = "" if line is None else f"line {line}: "
    return Fault(at, fault.code, named + where + fault.message, fault.hint)


def _refuse(faults: Iterable[Fault]) -> None:
    once = {(fault.pointer, fault.code, fault.message): fault for fault in faults}
    if once:
        raise BodyFaults(once.values())


def _denied(refused: Sequence[tuple[str, str, Verdict]]) -> Problem:
    unanswered = all(verdict.reason == NO_ANSWER.code for _, _, verdict in refused)
    faults = [Fault(at, verdict.reason, verdict.detail, f"«{name}»: {verdict.hint}") for at, name, verdict in refused]
    return Problem(
        NO_ANSWER.code if unanswered else permit.PermitDenied.code,
        f"permit mode refuses {len(refused)} of the units; nothing was accepted or printed",
        hint=joined((fault.pointer, fault.hint) for fault in faults),
        errors=faults,
    )
