"""A receipt task as our receipt (atol_json.md §4.2, §4.3); the way back is `writing`.

What a task says and a receipt of ours does not is read over: department, layout of paper lines, pictures, the
register's own sums of taxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from pydantic import ValidationError

from protocols.atol_web import tasks, words
from protocols.ffd.arithmetic import half_up, line_sum
from protocols.ffd.documents import UNITS
from protocols.ffd.enums import Measure, PaymentKind, PaymentMethod, PaymentObject
from protocols.ffd.receipt import (
    Agent,
    Cashier,
    Correction,
    Customer,
    ElectronicPayment,
    IndustryDetail,
    Item,
    Marking,
    OperationDetail,
    Payments,
    Receipt,
    Supplier,
    UserDetail,
)

#: Kopecks by which `amount` may differ from price x quantity before it is taken for a discounted line, whose price is
#: then the amount by the quantity (UNCONFIRMED: no source says what the driver writes into 1079).
_ROUNDING = 1
_UNITS = {text.rstrip("."): measure for measure, text in UNITS.items()}


class TaskFaults(Exception):
    """What of a task is wrong, all of it: path ("items[0].price") and English text."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{path}: {text}" for path, text in faults))


def parse(task: Mapping[str, object]) -> tasks.ReceiptTask:
    """Of JSON values whose numbers are `Decimal` or `int`; TaskFaults."""
    try:
        return tasks.ReceiptTask.model_validate(task)
    except ValidationError as error:
        raise TaskFaults([(path_of(one["loc"]), str(one["msg"])) for one in error.errors()]) from error


def path_of(location: Iterable[str | int]) -> str:
    """Where in a task's JSON a fault of its model is."""
    # pydantic names the branch of a union too, which is no part of the caller's JSON
    branches = {"position", "text", "barcode", "pictureFromMemory,pixels", "userAttribute", "additionalAttribute"}
    path = ""
    previous: str | int = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not (isinstance(previous, int) and step in branches):
            path += f".{step}" if path else step
        previous = step
    return path


def to_receipt(task: tasks.ReceiptTask, *, zone: tzinfo) -> Receipt:
    """`zone`: where the register's clock ticks, for moments without one. TaskFaults for what has no meaning of ours."""
    operation, correction = words.RECEIPT_TYPES[task.type]
    faults = list(_cross_faults(task, correction=correction))
    if faults:
        raise TaskFaults(faults)
    user = next((one for one in task.items if isinstance(one, tasks.UserAttribute)), None)
    extra = next((one for one in task.items if isinstance(one, tasks.AdditionalAttribute)), None)
    happened = task.operation_info
    return Receipt(
        operation=operation,
        taxation=task.taxation_type,
        items=tuple(_item(one, task) for one in task.positions),
        payments=_payments(task),
        correction=_correction(task) if correction else None,
        customer=_customer(task.client_info),
        cashier=None if task.operator is None else Cashier(name=task.operator.name, inn=task.operator.vatin),
        internet=task.internet,
        print_paper=not task.electronically,
        additional=None if extra is None else extra.value,
        user_detail=None if user is None else UserDetail(name=user.name, value=user.value),
        operation_detail=None
        if happened is None
        else OperationDetail(id=happened.id, data=happened.data, at=happened.date_time.replace(tzinfo=zone)),
        industry=_industry(task.industry_info),
        electronic_payments=tuple(
            ElectronicPayment(
                sum=one.sum, method=one.payment_method, ids=one.electronically_id, extra=one.electronically_add_info
            )
            for one in task.payments_add_info or ()
        ),
        sender_email=None if task.company_info is None else task.company_info.email,
        place=task.payments_place,
        address=task.payments_address,
        machine_number=task.machine_number,
        header_lines=_lines(task.pre_items),
        footer_lines=_lines(task.post_items),
    )


def _cross_faults(task: tasks.ReceiptTask, *, correction: bool) -> Iterable[tuple[str, str]]:
    if not task.positions and not correction:  # one of ФФД 1.05 may be sums alone
        yield "items", "a receipt has at least one position"
    for number, item in enumerate(task.items):
        if isinstance(item, tasks.Position):
            for path, agents in ((f"items[{number}].agentInfo", item.agent_info), ("agentInfo", task.agent_info)):
                if agents is not None and len(agents.agents) != 1:
                    yield f"{path}.agents", "exactly one kind of agent is expected"
            if item.imc_params is not None and item.imc_params.item_fractional_amount is not None:
                part = item.imc_params.item_fractional_amount.split("/")
                if len(part) != 2 or not all(one.isascii() and one.isdigit() for one in part):
                    yield f"items[{number}].imcParams.itemFractionalAmount", "a fraction is written 1/2"
    if correction and task.correction_type is None:
        yield "correctionType", "a correction has a type"
    if correction and task.correction_base_date is None:
        yield "correctionBaseDate", "a correction has the date of what it puts right"


def _item(one: tasks.Position, task: tasks.ReceiptTask) -> Item:
    agent = one.agent_info or task.agent_info
    supplier = one.supplier_info or task.supplier_info
    price = one.price
    if abs(line_sum(price, one.quantity) - one.amount) > _ROUNDING:
        scale = 10**6
        price = half_up(one.amount * scale, int(one.quantity * scale))
    return Item(
        name=one.name,
        price=price,
        quantity=one.quantity,
        sum=one.amount,
        vat=one.tax.type,
        payment_method=one.payment_method or PaymentMethod.FULL_PAYMENT,  # the default in practice, UNCONFIRMED
        payment_object=one.payment_object or PaymentObject.COMMODITY,
        measure=_measure(one.measurement_unit),
        marking=_marking(one),
        agent=None if agent is None else _agent(agent),
        supplier=None
        if supplier is None
        else Supplier(name=supplier.name, inn=supplier.vatin, phones=supplier.phones or ()),
        user_data=one.additional_attribute,
        excise=one.excise_sum,
        country_code=one.country_code,
        declaration_number=one.customs_declaration,
        industry=_industry(one.industry_info),
    )


def _measure(given: Measure | str | None) -> Measure:
    """Before ФФД 1.2 a unit is any text, as tag 1197 has it."""
    if given is None or isinstance(given, Measure):
        return given or Measure.PIECE
    return _UNITS.get(given.rstrip("."), Measure.PIECE)


def _marking(one: tasks.Position) -> Marking | None:
    if one.imc_params is not None:
        part = one.imc_params.item_fractional_amount
        if part is None:
            return Marking(code=one.imc_params.imc)
        numerator, denominator = part.split("/")
        return Marking(code=one.imc_params.imc, numerator=int(numerator), denominator=int(denominator))
    if one.marking_code is not None:
        return Marking(code=one.marking_code.mark)
    old = one.nomenclature_code
    if isinstance(old, tasks.NomenclatureCode):
        return Marking(code=f"01{old.gtin:0>14}21{old.serial}".encode())
    if old is not None:
        # tag 1162: two bytes of kind, six of GTIN, the serial
        return Marking(code=f"01{int.from_bytes(old[2:8], 'big'):014d}21".encode() + old[8:])
    return None


def _agent(info: tasks.AgentInfo) -> Agent:
    paying, receiving, transfer = info.paying_agent, info.receive_payments_operator, info.money_transfer_operator
    return Agent(
        kind=info.agents[0],
        operation=None if paying is None else paying.operation,
        phones=() if paying is None else paying.phones or (),
        receive_operator_phones=() if receiving is None else receiving.phones,
        transfer_operator_phones=() if transfer is None else transfer.phones or (),
        transfer_operator_name=None if transfer is None else transfer.name,
        transfer_operator_address=None if transfer is None else transfer.address,
        transfer_operator_inn=None if transfer is None else transfer.vatin,
    )


def _payments(task: tasks.ReceiptTask) -> Payments:
    sums = dict.fromkeys(PaymentKind, 0)
    for one in task.payments:
        sums[one.type] += one.sum
    handed = sums[PaymentKind.CASH]
    over = sum(sums.values()) - sum(one.amount for one in task.positions)
    if task.positions and 0 < over <= handed:
        sums[PaymentKind.CASH] -= over
        return Payments(**{str(kind): amount for kind, amount in sums.items()}, received=handed)
    return Payments(**{str(kind): amount for kind, amount in sums.items()})


def _correction(task: tasks.ReceiptTask) -> Correction:
    assert task.correction_type is not None, "checked before"
    assert task.correction_base_date is not None, "checked before"
    return Correction(kind=task.correction_type, date=task.correction_base_date, number=task.correction_base_number)


def _customer(info: tasks.ClientInfo | None) -> Customer | None:
    if info is None:
        return None
    contact = info.email_or_phone or None
    by_mail = contact is not None and "@" in contact
    return Customer(
        email=contact if by_mail else None,
        phone=None if by_mail else contact,
        name=info.name,
        inn=info.vatin,
        birth_date=info.birth_date,
        citizenship=info.citizenship,
        document_code=info.identity_document_code,
        document_data=info.identity_document_data,
        address=info.address,
    )


def _industry(given: Sequence[tasks.IndustryInfo] | None) -> tuple[IndustryDetail, ...]:
    return tuple(
        IndustryDetail(federal_id=one.fois, date=one.date, number=one.number, value=one.industry_attribute)
        for one in given or ()
    )


def _lines(paper: Sequence[tasks.Text | tasks.Barcode | tasks.Picture] | None) -> tuple[str, ...]:
    return tuple(one.text for one in paper or () if isinstance(one, tasks.Text))
