"""The drive's document against the request (design.md, rule 6)."""

from __future__ import annotations

from collections.abc import Iterable

from devices.registers.base import Difference, Identity, Warn
from protocols.ffd.compare import differences
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element, Value

PAPER_PENDING = Warn(
    code="paper_pending",
    detail="the document exists but is not fully printed",
    hint="Чек фискализирован, но не допечатан. Вставьте бумагу: касса допечатает его.",
)


def compared(receipt: Receipt, identity: Identity, elements: Iterable[Element]) -> tuple[Difference, ...]:
    """Every departure, except what the register rightly adds from its registration."""
    deviations = differences(receipt, identity.ffd, elements, _registered(identity))
    return tuple(Difference(path=one.path, asked=one.asked, found=one.found) for one in deviations)


def _registered(identity: Identity) -> dict[int, Value]:
    known: dict[int, Value] = {
        T.USER_NAME: identity.user_name,
        T.SETTLEMENT_ADDRESS: identity.address,
        T.SETTLEMENT_PLACE: identity.place,
        T.SENDER_EMAIL: identity.sender_email,
        T.KKT_SERIAL_NUMBER: identity.serial,
        T.USER_INN: identity.inn,
    }
    return {tag: value for tag, value in known.items() if value}
