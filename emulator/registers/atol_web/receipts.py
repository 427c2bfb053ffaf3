"""Receipts and corrections: one task is one document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.marking.verdicts import PLANNED
from emulator.registers.atol_web.core import FORM_OF, FORMS, Core, Handlers, check_shift, made
from emulator.registers.body import Closing, correction_body
from emulator.registers.draft import Draft, DraftItem, put
from emulator.registers.marking import MEASURE, Heard, ask, planned, put_checked
from emulator.registers.payments import Paid, PaymentKind, settle
from emulator.registers.refusals import Refusal
from emulator.registers.till import cash_flow
from protocols.atol_web import errors, words
from protocols.atol_web.receipts import to_receipt
from protocols.atol_web.tasks import ImcParams, Position, ReceiptTask, Text
from protocols.atol_web.till_tasks import CodeParams
from protocols.ffd.arithmetic import vat_of
from protocols.ffd.documents import item_elements, receipt_elements
from protocols.ffd.enums import FfdVersion, Measure, Vat
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element

#: What the register writes into an item and into a receipt itself; the rest is the caller's.
_ITEM_OWN: Final = frozenset({1030, 1079, 1023, 1043, 1199, 1200, 1212, 1214, 1163})
_OWN: Final = frozenset({1054, 1055, 1020, 1059, *PaymentKind, *range(1102, 1108), 1115})


def receipt(core: Core, task: ReceiptTask, name: str) -> Any:
    """TaskFaults, Refusal, Denied, DriveError: nothing was made."""
    given = to_receipt(task, zone=core.now().tzinfo or core.now().astimezone().tzinfo)  # type: ignore[arg-type]
    check_shift(core)
    _check(task, given)
    core.begin_document(task.operator, electronically=task.electronically)
    ffd = core.ffd
    if given.correction is not None and ffd is FfdVersion.V1_05:
        return made(core, _correct(core, task, given))
    draft = Draft(
        given.operation,
        correction=given.correction is not None,
        items=[
            _item(position, item_elements(item, ffd))
            for position, item in zip(task.positions, given.items, strict=True)
        ],
        tags=_own_tags(given, ffd),
    )
    draft.header, draft.footer = _paper(task, given)
    pairs = list(zip(draft.items, task.positions, strict=True))
    codes = [(item, position.imc_params) for item, position in pairs if position.imc_params is not None]
    if ffd is not FfdVersion.V1_2:
        return made(core, _close(core, task, draft))
    validate = task.validate_marking_codes
    return _checked(core, draft, codes, lambda: made(core, _close(core, task, draft)), validate=validate)


def _check(task: ReceiptTask, given: Receipt) -> None:
    """What the driver looks at before it opens a receipt."""
    total = sum(position.amount for position in task.positions) if task.positions else given.total
    if task.total is not None and task.total != total:
        raise Refusal(errors.WRONG_TOTAL)
    contact = given.customer is not None and given.customer.contact
    if task.electronically and not contact:
        raise Refusal(errors.NO_REQUIRED_PROPERTY)
    if task.internet and not (contact and task.payments_place):
        raise Refusal(errors.NO_REQUIRED_PROPERTY)


def _item(position: Position, elements: Iterable[Element]) -> DraftItem:
    """The marking code of ФФД 1.2 comes later, when the drive knows it; before that it is the host's tag 1162."""
    by_tag = {element.tag: element.value for element in elements}
    tags = [element for element in elements if element.tag not in _ITEM_OWN]
    unit = position.measurement_unit
    if 2108 not in by_tag and isinstance(unit, str) and not isinstance(unit, Measure):
        put(tags, [Element(1197, unit)])
    return DraftItem(
        name=str(by_tag[1030]),
        price=int(str(by_tag[1079])),
        quantity=position.quantity,
        sum=position.amount,
        vat=position.tax.type,
        department=position.department,
        method=int(str(by_tag[1214])),
        object=int(str(by_tag[1212])),
        tags=tags,
    )


def _own_tags(given: Receipt, ffd: FfdVersion) -> list[Element]:
    return [element for element in receipt_elements(given, ffd) if element.tag not in _OWN]


def _paper(task: ReceiptTask, given: Receipt) -> tuple[list[str], list[str]]:
    """Lines before and behind the positions; those between them go behind."""
    first = next((at for at, one in enumerate(task.items) if isinstance(one, Position)), 0)
    before = [one.text for one in task.items[:first] if isinstance(one, Text)]
    behind = [one.text for one in task.items[first:] if isinstance(one, Text)]
    return [*given.header_lines, *before], [*behind, *given.footer_lines]


def _checked(
    core: Core,
    draft: Draft,
    codes: list[tuple[DraftItem, ImcParams]],
    finish: Callable[[], Any],
    *,
    validate: bool,
) -> Any:
    """Put each code into its item as the drive knows it; with `validate` those that it does not are checked first."""
    for item, params in codes:
        if item.code is not None or put_checked(core, item, params.imc):
            continue
        if not validate:
            raise Refusal(errors.MARK_NOT_CHECKED)
        if core.drive.marking.pending is not None:
            raise Refusal(errors.MARKING_RUNNING)
        status = planned_status(params.item_estimated_status, planned(draft.operation, item))
        check = core.drive.marking.begin(params.imc, status, 0, [each for each in item.tags if each.tag in MEASURE])

        def heard(_: Heard, item: DraftItem = item, code: bytes = check.code) -> Any:
            item.code, item.flags = code, core.drive.marking.decide(accept=True)
            return _checked(core, draft, codes, finish, validate=True)

        return ask(core, check, heard)
    return finish()


def planned_status(given: object, otherwise: int) -> int:
    """Tag 2003 of `itemEstimatedStatus`: a word or a number; Refusal for what is neither."""
    if given is None:
        return otherwise
    number = words.PLANNED_STATUS.get(given) if isinstance(given, str) else given
    if number not in PLANNED:
        raise Refusal(errors.INVALID_PARAM)
    return int(str(number))


def measure_of(params: CodeParams) -> list[Element]:
    """1023, 2108, 1291 of a code that is checked for measured or partial goods; Refusal."""
    found = []
    if params.item_quantity is not None:
        found.append(Element(1023, params.item_quantity))
    if params.item_units is not None:
        found.append(Element(2108, params.item_units.code))
    if params.item_fractional_amount is not None:
        parts = params.item_fractional_amount.split("/")
        if len(parts) != 2 or not all(one.isascii() and one.isdigit() for one in parts):
            raise Refusal(errors.INVALID_PARAM)
        found.append(Element(1291, (Element(1293, int(parts[0])), Element(1294, int(parts[1])))))
    return found


def _taxation(core: Core, task: ReceiptTask) -> int:
    registered = core.registration.taxations
    if task.taxation_type is None:
        return registered & -registered
    if not task.taxation_type.code & registered:
        raise Refusal(errors.INVALID_TAXATION)
    return task.taxation_type.code


def _paid(task: ReceiptTask, total: int) -> Paid:
    given = dict.fromkeys(FORMS, 0)
    for one in task.payments:
        given[FORM_OF[one.type]] += one.sum
    return settle(total, given, FORMS)


def _close(core: Core, task: ReceiptTask, draft: Draft) -> StoredDocument:
    paid = _paid(task, draft.total)
    core.check_drawer(cash_flow(draft.operation, paid.cash))
    closing = Closing(paid=paid, total=draft.total, taxation=_taxation(core, task), cashier=core.registration.cashier)
    document = core.close_receipt(draft, closing)
    core.memory.last_receipt = document.number
    return document


def _correct(core: Core, task: ReceiptTask, given: Receipt) -> StoredDocument:
    """ФФД 1.05: sums alone; taxes as they were sent, else those of the items."""
    paid = _paid(task, given.total)
    core.check_drawer(cash_flow(given.operation, paid.cash))
    core.begun_tags[:] = _own_tags(given, FfdVersion.V1_05)
    if task.operator is None:
        core.begun_tags.append(Element(1021, core.registration.cashier))
    try:
        document = core.correct(
            given.operation,
            paid.cash,
            correction_body(
                given.operation,
                paid.total,
                _taxation(core, task),
                paid.kinds,
                taxes=_taxes(task),
            ),
        )
    finally:
        core.begun_tags.clear()
    core.memory.last_receipt = document.number
    return document


def _taxes(task: ReceiptTask) -> Mapping[Vat, int]:
    if task.taxes is not None:
        return {one.type: one.sum or 0 for one in task.taxes}
    taxes: Counter[Vat] = Counter()
    for one in task.positions:
        tax = vat_of(one.amount, one.tax.type)
        taxes[one.tax.type] += one.amount if tax is None else tax
    return taxes


HANDLERS: Handlers = dict.fromkeys(words.RECEIPT_TYPES, receipt)
