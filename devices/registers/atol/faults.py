"""What keeps an ATOL register from making a receipt, all at once and before a byte goes out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from devices.registers.atol.plan import lines, payments, sums_only
from devices.registers.atol.profile import Profile
from devices.registers.faults import RateFault, registration_faults, unfit
from protocols.atol.commands import encode_request
from protocols.atol.vat import TAX_TABLE, wire_code
from protocols.ffd.enums import FfdVersion, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.ffd.rules import document_faults

#: Of a quantity in EBh.
_FINEST: Final = Decimal("0.001")


def faults(receipt: Receipt, profile: Profile) -> tuple[Fault, ...]:
    """Every fault of a receipt on this register."""
    identity = profile.identity
    found = list(document_faults(receipt, identity.ffd))
    found += registration_faults(receipt, identity, marking=True, rate_fault=_rate_fault(profile))
    if identity.ffd is FfdVersion.V1_2:
        found += _marked(receipt)
    if not sums_only(receipt, identity.ffd):
        found += _too_fine(receipt)
    if not found:
        found += _commands(receipt, profile)
    return tuple(found)


def _marked(receipt: Receipt) -> Iterator[Fault]:
    """Commands for marking by ФФД 1.2 are in no public source of this wire."""
    for index, item in enumerate(receipt.items):
        if item.marking is not None:
            yield Fault(
                f"/items/{index}/marking",
                "marking_not_supported",
                "how ATOL's own protocol sells marked goods by ФФД 1.2 is not published; ATOL's web server does",
                "По этому протоколу касса АТОЛ не продаёт маркированные товары (ФФД 1.2). Подключите её через "
                "веб-сервер АТОЛ.",
            )


def _rate_fault(profile: Profile) -> RateFault:
    settings = profile.settings

    def fault(vat: Vat) -> Fault | None:
        number = wire_code(vat)
        if number in settings.taxes:
            return None
        if not settings.unified:
            return Fault(
                "",
                "vat_missing_in_register",
                f"firmware {settings.firmware} is older than the numbering of taxes by tag 1199",
                "Прошивка кассы слишком старая: её номера ставок НДС другие. Обновите прошивку.",
            )
        return Fault(
            "",
            "vat_missing_in_register",
            f"table {TAX_TABLE} row {number} of the register does not hold {vat}",
            f"В кассе нет такой ставки НДС (таблица {TAX_TABLE}, строка {number}). Обновите прошивку кассы.",
        )

    return fault


def _too_fine(receipt: Receipt) -> Iterator[Fault]:
    for index, item in enumerate(receipt.items):
        if item.quantity % _FINEST:
            yield Fault(
                f"/items/{index}/quantity",
                "receipt_does_not_fit",
                f"the register's command carries a quantity in thousandths, not {item.quantity}",
                "Касса АТОЛ принимает количество с точностью до 3 знаков после запятой: округлите его.",
            )


def _commands(receipt: Receipt, profile: Profile) -> Iterator[Fault]:
    closing = (("/payments", request) for request in payments(receipt))
    return unfit((*lines(receipt, profile), *closing), encode_request)
