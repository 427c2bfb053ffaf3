"""Our receipt as a receipt task (atol_json.md §4.2, §4.3): JSON values, amounts and quantities as `Decimal`.

What ATOL's JSON cannot say is left out: `sell_despite_marking`, the description of a correction (1177).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from protocols.atol_web import words
from protocols.atol_web.fields import BIRTH_DATE, DATE, MOMENT, base64_text, rubles
from protocols.ffd.arithmetic import FLAT_TAGS, receipt_vat
from protocols.ffd.documents import UNITS, payment_object
from protocols.ffd.enums import FfdVersion, Measure, PaymentKind
from protocols.ffd.receipt import Agent, Correction, Customer, IndustryDetail, Item, Payments, Receipt, Supplier

Json = dict[str, Any]


def task_of(
    receipt: Receipt,
    ffd: FfdVersion,
    *,
    planned: Mapping[int, int],
    checks: Mapping[int, Mapping[str, bool]] | None = None,
    validate_marks: bool = False,
) -> Json:
    """The task that makes this receipt.

    By number of the item: `planned` is tag 2003 of each marked one, `checks` the `itemInfoCheckResult` of those whose
    codes were checked before (ФФД 1.2). `validate_marks`: the server checks them itself first. A correction of ФФД 1.05
    is sums and taxes without positions.
    """
    checks = checks or {}
    by_sums = receipt.correction is not None and ffd is FfdVersion.V1_05
    lines = () if by_sums else receipt.items
    items = [_position(item, ffd, planned.get(number), checks.get(number)) for number, item in enumerate(lines)]
    cashier = receipt.cashier
    return _said(
        type=words.receipt_type(receipt.operation, correction=receipt.correction is not None),
        taxationType=None if receipt.taxation is None else words.TAXATIONS.word(receipt.taxation),
        electronically=not receipt.print_paper,
        internet=receipt.internet or None,
        paymentsPlace=receipt.place,
        paymentsAddress=receipt.address,
        machineNumber=receipt.machine_number,
        operator=None if cashier is None else _said(name=cashier.name, vatin=cashier.inn),
        clientInfo=_client_info(receipt.customer),
        companyInfo=None if receipt.sender_email is None else {"email": receipt.sender_email},
        operationInfo=_operation_info(receipt),
        industryInfo=_industry_info(receipt.industry),
        validateMarkingCodes=validate_marks or None,
        items=[*items, *_attributes(receipt)],
        payments=_payments(receipt.payments),
        paymentsAddInfo=[
            _said(
                sum=rubles(one.sum),
                paymentMethod=one.method,
                electronicallyId=one.ids,
                electronicallyAddInfo=one.extra,
            )
            for one in receipt.electronic_payments
        ]
        or None,
        taxes=_taxes(receipt) if by_sums else None,
        total=rubles(receipt.total),
        preItems=_paper(receipt.header_lines),
        postItems=_paper(receipt.footer_lines),
        **_correction(receipt.correction),
    )


def _said(**values: Any) -> Json:
    """What there is to say."""
    return {name: value for name, value in values.items() if value is not None}


def _position(item: Item, ffd: FfdVersion, planned: int | None, check: Mapping[str, bool] | None) -> Json:
    modern = ffd is FfdVersion.V1_2
    return _said(
        type="position",
        name=item.name,
        price=rubles(item.price),
        quantity=item.quantity,
        amount=rubles(item.sum),
        measurementUnit=words.MEASURES.word(item.measure) if modern else _old_unit(item.measure),
        paymentMethod=words.PAYMENT_METHODS.word(item.payment_method),
        paymentObject=words.PAYMENT_OBJECTS.word(payment_object(item, ffd)),
        tax={"type": words.VATS.word(item.vat)},
        **_code(item, planned, check, modern=modern),
        industryInfo=_industry_info(item.industry),
        agentInfo=None if item.agent is None else _agent_info(item.agent),
        supplierInfo=None if item.supplier is None else _supplier_info(item.supplier),
        additionalAttribute=item.user_data,
        exciseSum=None if item.excise is None else rubles(item.excise),
        countryCode=item.country_code,
        customsDeclaration=item.declaration_number,
    )


def _old_unit(measure: Measure) -> str | None:
    return None if measure in {Measure.PIECE, Measure.OTHER} else UNITS[measure]


def _code(item: Item, planned: int | None, check: Mapping[str, bool] | None, *, modern: bool) -> Json:
    marking = item.marking
    if marking is None:
        return {}
    if not modern:
        return {"markingCode": {"type": "other", "mark": base64_text(marking.code)}}
    fraction = None
    if marking.numerator is not None and marking.denominator is not None:
        fraction = marking.numerator, marking.denominator
    params = code_params(marking.code, planned, measure=item.measure, quantity=item.quantity, fraction=fraction)
    return {"imcParams": params if check is None else params | {"itemInfoCheckResult": dict(check)}}


def code_params(
    code: bytes, planned: int | None, *, measure: Measure, quantity: Decimal, fraction: tuple[int, int] | None
) -> Json:
    """`imcParams` of ФФД 1.2; `planned` is tag 2003, the measure goes with what is measured or sold in part."""
    measured = measure is not Measure.PIECE or fraction is not None
    return _said(
        imcType="auto",
        imc=base64_text(code),
        itemEstimatedStatus=None if planned is None else words.STATUS_WORDS[planned],
        imcModeProcessing=0,
        itemFractionalAmount=None if fraction is None else f"{fraction[0]}/{fraction[1]}",
        itemQuantity=quantity if measured else None,
        itemUnits=words.MEASURES.word(measure) if measured else None,
    )


def _agent_info(agent: Agent) -> Json:
    transfer = _said(
        name=agent.transfer_operator_name,
        vatin=agent.transfer_operator_inn,
        address=agent.transfer_operator_address,
        phones=list(agent.transfer_operator_phones) or None,
    )
    receiving = agent.receive_operator_phones
    return _said(
        agents=[words.AGENTS.word(agent.kind)],
        payingAgent=_said(operation=agent.operation, phones=list(agent.phones) or None) or None,
        receivePaymentsOperator={"phones": list(receiving)} if receiving else None,
        moneyTransferOperator=transfer or None,
    )


def _supplier_info(supplier: Supplier) -> Json:
    return _said(name=supplier.name, vatin=supplier.inn, phones=list(supplier.phones) or None)


def _client_info(customer: Customer | None) -> Json | None:
    if customer is None:
        return None
    born = customer.birth_date
    return _said(
        emailOrPhone=customer.contact,
        vatin=customer.inn,
        name=customer.name,
        birthDate=None if born is None else born.strftime(BIRTH_DATE),
        citizenship=customer.citizenship,
        identityDocumentCode=customer.document_code,
        identityDocumentData=customer.document_data,
        address=customer.address,
    )


def _operation_info(receipt: Receipt) -> Json | None:
    """1273 is the register's wall clock: the moment keeps the zone that the caller gave it, as in other families."""
    happened = receipt.operation_detail
    if happened is None:
        return None
    return {"id": happened.id, "dateTime": happened.at.strftime(MOMENT), "data": happened.data}


def _industry_info(details: Sequence[IndustryDetail]) -> list[Json] | None:
    return [
        {
            "fois": one.federal_id,
            "date": one.date.strftime(DATE),
            "number": one.number,
            "industryAttribute": one.value,
        }
        for one in details
    ] or None


def _attributes(receipt: Receipt) -> Iterator[Json]:
    if receipt.user_detail is not None:
        yield {"type": "userAttribute", "name": receipt.user_detail.name, "value": receipt.user_detail.value}
    if receipt.additional is not None:
        yield {"type": "additionalAttribute", "value": receipt.additional}


def _payments(payments: Payments) -> list[Json]:
    sums = {kind: getattr(payments, str(kind)) for kind in PaymentKind}
    if payments.received is not None:  # the register reckons the change
        sums[PaymentKind.CASH] = payments.received
    return [{"type": words.PAYMENT_KINDS.word(kind), "sum": rubles(amount)} for kind, amount in sums.items() if amount]


def _taxes(receipt: Receipt) -> list[Json]:
    totals = receipt_vat(receipt)
    rates = {tag: vat for vat, tag in FLAT_TAGS.items()}
    sums = [*((rates[tag], amount) for tag, amount in totals.flat), *totals.by_rate]
    return [{"type": words.VATS.word(vat), "sum": rubles(amount)} for vat, amount in sums]


def _paper(lines: Sequence[str]) -> list[Json] | None:
    return [{"type": "text", "text": line} for line in lines] or None


def _correction(correction: Correction | None) -> Json:
    if correction is None:
        return {}
    return _said(
        correctionType=words.CORRECTIONS.word(correction.kind),
        correctionBaseDate=correction.date.strftime(DATE),
        correctionBaseNumber=correction.number,
    )
