"""Agents and suppliers of an item: tags 1222, 1223, 1224, 1226, and 1057 on the receipt before ФФД 1.2."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.ffd.numbers import T
from protocols.ffd.receipt import Agent, Item, Receipt, Supplier
from protocols.ffd.tlv import Element


def agent_elements(item: Item) -> Iterator[Element]:
    """Agency of one item, in all three versions."""
    if item.agent is not None:
        yield Element(T.ITEM_AGENT_SIGN, item.agent.kind.code)
        if data := tuple(_agent_data(item.agent)):
            yield Element(T.AGENT_DATA, data)
    if item.supplier is not None:
        if data := tuple(_supplier_data(item.supplier)):
            yield Element(T.SUPPLIER_DATA, data)
        if item.supplier.inn:
            yield Element(T.SUPPLIER_INN, item.supplier.inn)


def agent_sign(receipt: Receipt) -> int:
    """Tag 1057: every agency bit met in the items."""
    bits = 0
    for item in receipt.items:
        if item.agent is not None:
            bits |= item.agent.kind.code
    return bits


def _agent_data(agent: Agent) -> Iterator[Element]:
    texts: tuple[tuple[T, str | None], ...] = (
        (T.TRANSFER_OPERATOR_ADDRESS, agent.transfer_operator_address),
        (T.TRANSFER_OPERATOR_INN, agent.transfer_operator_inn),
        (T.TRANSFER_OPERATOR_NAME, agent.transfer_operator_name),
        (T.AGENT_OPERATION, agent.operation),
    )
    for tag, text in texts:
        if text:
            yield Element(tag, text)
    phones = (
        (T.PAYMENT_AGENT_PHONE, agent.phones),
        (T.PAYMENT_OPERATOR_PHONE, agent.receive_operator_phones),
        (T.TRANSFER_OPERATOR_PHONE, agent.transfer_operator_phones),
    )
    for tag, numbers in phones:
        for number in numbers:
            yield Element(tag, number)


def _supplier_data(supplier: Supplier) -> Iterator[Element]:
    for phone in supplier.phones:
        yield Element(T.SUPPLIER_PHONE, phone)
    if supplier.name:
        yield Element(T.SUPPLIER_NAME, supplier.name)
