"""From an accepted body to the receipt it means."""

from __future__ import annotations

from gateway.receipts.schema import (
    AgentBody,
    CashierBody,
    CorrectionBody,
    CorrectionReceiptBody,
    CustomerBody,
    IndustryBody,
    ItemBody,
    MarkingBody,
    PaymentBody,
    ReceiptBody,
    SupplierBody,
)
from gateway.receipts.text import mapped
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.enums import Operation, PaymentKind
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


def load(body: str) -> ReceiptBody:
    """The model of a journal row's canonical body (`Job.body`), receipt or correction."""
    # The canonical form ends with the correction block, and no text can hold an unescaped quote.
    model = CorrectionReceiptBody if '"correction":{' in body else ReceiptBody
    return model.model_validate_json(body)


def to_receipt(body: ReceiptBody | str) -> Receipt:
    """The receipt of a body (or of its canonical JSON); text is mapped to the registers' characters."""
    if isinstance(body, str):
        body = load(body)
    props, operating = body.additional_user_props, body.operating_check_props
    return Receipt(
        operation=Operation[body.operation.removesuffix("_correction").upper()],
        taxation=body.taxation,
        items=tuple(_item(item) for item in body.items),
        payments=_payments(body.payments),
        correction=_correction(body.correction_block),
        customer=_customer(body.customer),
        cashier=cashier(body.cashier),
        internet=body.internet,
        print_paper=body.print,
        sell_despite_marking=body.on_marking_failure == "sell",
        additional=_text(body.additional_check_props),
        user_detail=UserDetail(name=mapped(props.name), value=mapped(props.value)) if props else None,
        operation_detail=(
            OperationDetail(id=operating.name, data=mapped(operating.value), at=operating.timestamp)
            if operating
            else None
        ),
        industry=_industry(body.sectoral_check_props),
        electronic_payments=tuple(
            ElectronicPayment(
                sum=entry.sum, method=entry.method, ids=mapped(entry.id), extra=_text(entry.additional_info)
            )
            for entry in body.cashless_payments or ()
        ),
        sender_email=body.sender_email,
        place=_text(body.place),
        address=_text(body.address),
        machine_number=_text(body.device_number),
        header_lines=tuple(mapped(line) for line in body.header_lines or ()),
        footer_lines=tuple(mapped(line) for line in body.footer_lines or ()),
    )


def cashier(body: CashierBody | None) -> Cashier | None:
    return Cashier(name=mapped(body.name), inn=body.inn) if body else None


def _text(value: str | None) -> str | None:
    return None if value is None else mapped(value)


def _payments(entries: list[PaymentBody]) -> Payments:
    sums = dict.fromkeys(PaymentKind, 0)
    received: int | None = None
    for entry in entries:
        sums[entry.type] += entry.sum
        if entry.received is not None:
            received = (received or 0) + entry.received
    if received is not None:
        # Cash entries without `received` were handed over exactly.
        received += sum(e.sum for e in entries if e.type is PaymentKind.CASH and e.received is None)
    return Payments(**{kind.value: amount for kind, amount in sums.items()}, received=received)


def _item(item: ItemBody) -> Item:
    return Item(
        name=mapped(item.name),
        price=item.price,
        quantity=item.quantity,
        sum=line_sum(item.price, item.quantity) if item.sum is None else item.sum,
        vat=item.vat,
        payment_method=item.payment_method,
        payment_object=item.payment_object,
        measure=item.measure,
        marking=_marking(item.marking),
        agent=_agent(item.agent_info),
        supplier=_supplier(item.supplier_info),
        user_data=_text(item.user_data),
        excise=item.excise,
        country_code=item.country_code,
        declaration_number=_text(item.declaration_number),
        industry=_industry(item.sectoral_item_props),
    )


def _marking(body: MarkingBody | None) -> Marking | None:
    if body is None:
        return None
    code = body.code.encode("ascii") if body.code is not None else body.code_base64
    return Marking(code=code or b"", numerator=body.numerator, denominator=body.denominator)


def _agent(body: AgentBody | None) -> Agent | None:
    if body is None:
        return None
    paying, transfer = body.paying_agent, body.money_transfer_operator
    receiving = body.receive_payments_operator
    return Agent(
        kind=body.type,
        operation=_text(paying.operation) if paying else None,
        phones=tuple(paying.phones or ()) if paying else (),
        receive_operator_phones=tuple(receiving.phones) if receiving else (),
        transfer_operator_phones=tuple(transfer.phones or ()) if transfer else (),
        transfer_operator_name=_text(transfer.name) if transfer else None,
        transfer_operator_address=_text(transfer.address) if transfer else None,
        transfer_operator_inn=transfer.inn if transfer else None,
    )


def _supplier(body: SupplierBody | None) -> Supplier | None:
    if body is None:
        return None
    return Supplier(name=_text(body.name), inn=body.inn, phones=tuple(body.phones or ()))


def _industry(entries: list[IndustryBody] | None) -> tuple[IndustryDetail, ...]:
    return tuple(
        IndustryDetail(
            federal_id=entry.federal_id, date=entry.date, number=mapped(entry.number), value=mapped(entry.value)
        )
        for entry in entries or ()
    )


def _customer(body: CustomerBody | None) -> Customer | None:
    if body is None:
        return None
    return Customer(
        email=body.email,
        phone=body.phone,
        name=_text(body.name),
        inn=body.inn,
        birth_date=body.birthdate,
        citizenship=body.citizenship,
        document_code=body.document_code,
        document_data=_text(body.document_data),
        address=_text(body.address),
    )


def _correction(body: CorrectionBody | None) -> Correction | None:
    if body is None:
        return None
    return Correction(kind=body.kind, date=body.date, number=_text(body.number), description=_text(body.description))
