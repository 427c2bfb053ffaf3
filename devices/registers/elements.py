"""TLV elements for commands that carry them as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from protocols.ffd.numbers import T
from protocols.ffd.receipt import Cashier
from protocols.ffd.tlv import Element, encode


def packed(elements: Iterable[Element], limit: int) -> Iterator[bytes]:
    """TLVs packed into as few blocks of `limit` bytes as their order allows."""
    block = b""
    for element in elements:
        raw = encode((element,))
        if block and len(block) + len(raw) > limit:
            yield block
            block = b""
        block += raw
    if block:
        yield block


def cashier_elements(cashier: Cashier | None) -> list[Element]:
    """1021 and 1203; none where nobody is named."""
    if cashier is None:
        return []
    elements = [Element(T.CASHIER, cashier.name)]
    if cashier.inn:
        elements.append(Element(T.CASHIER_INN, cashier.inn))
    return elements
