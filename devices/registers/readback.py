"""The drive's document against the request (design.md, rule 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devices.registers.base import Difference, Identity, MarkingVerdict, Warn
from devices.registers.marking import differences as marking_differences
from protocols.ffd.compare import differences
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element, Value

PAPER_PENDING = Warn(
    code="paper_pending",
    detail="the document exists but is not fully printed",
    hint="Чек фискализирован, но не допечатан. Вставьте бумагу: касса допечатает его.",
)


def compared(
    receipt: Receipt,
    identity: Identity,
    elements: Sequence[Element],
    *,
    marking: Iterable[MarkingVerdict] | None = None,
) -> tuple[Difference, ...]:
    """Every departure, except what the register rightly adds from its registration.

    `marking`: the checks of this very receipt; None where their answers are not known any more.
    """
    deviations = differences(receipt, identity.ffd, elements, _registered(identity))
    found = (Difference(path=one.path, asked=one.asked, found=one.found) for one in deviations)
    return (*found, *marking_differences(receipt, identity.ffd, elements, marking))


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
