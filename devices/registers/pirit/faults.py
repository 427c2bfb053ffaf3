"""What keeps a Пирит register from making a receipt, all at once and before a byte goes out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from devices.registers.faults import RateFault, registration_faults, unfit
from devices.registers.marking import fraction_of
from devices.registers.pirit.plan import Planner, sums_only
from devices.registers.pirit.profile import Profile
from protocols.ffd.arithmetic import FLAT_TAGS, line_sum
from protocols.ffd.enums import FfdVersion, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.ffd.rules import document_faults, is_plain
from protocols.pirit.commands import Asks, encode_request
from protocols.pirit.commands.base import Line
from protocols.pirit.framing import FIRST_ID
from protocols.pirit.settings import DevicesMask, TaxMask

#: Rates that setting 6 bit 6 adds to the price.
_ADDED = frozenset({Vat.VAT20, Vat.VAT10})


def faults(receipt: Receipt, profile: Profile) -> tuple[Fault, ...]:
    """Every fault of a receipt on this register."""
    identity = profile.identity
    found = [] if is_plain(receipt) else document_faults(receipt, identity.ffd)
    rates = _rate_fault(receipt, profile)
    found += registration_faults(receipt, identity, marking=identity.marking, rate_fault=rates)
    found += _no_place(receipt, profile)
    if not found:
        found += _commands(Planner(receipt, profile))
    return tuple(found)


def _rate_fault(receipt: Receipt, profile: Profile) -> RateFault:
    settings, without_items = profile.settings, sums_only(receipt, profile.identity.ffd)

    def fault(vat: Vat) -> Fault | None:
        if without_items and vat not in FLAT_TAGS:
            return Fault(
                "",
                "correction_vat_impossible",
                f"58 has no place for {vat}",
                "Чек коррекции ФФД 1.05 на этой кассе не может содержать ставки 5, 7 и 22 %.",
            )
        if settings.taxes & TaxMask.ADD_VAT and vat in _ADDED and not without_items:
            return Fault(
                "",
                "register_setting",
                f"setting 6 bit 6: the register would add {vat} to the price",
                "Снимите в кассе начисление НДС на стоимость позиции (таблица настроек 6, бит 6).",
            )
        if vat not in settings.vat_rows and not without_items:
            return Fault(
                "",
                "vat_missing_in_register",
                f"setting 40 and 41 of the register hold no {vat}",
                "В кассе нет такой ставки НДС (таблица настроек 40 и 41). Обновите прошивку кассы.",
            )
        return None

    return fault


def _no_place(receipt: Receipt, profile: Profile) -> Iterator[Fault]:
    """What a receipt may say and the register's commands cannot."""
    v1_05 = profile.identity.ffd is not FfdVersion.V1_2
    bare = sums_only(receipt, profile.identity.ffd)
    customer = receipt.customer
    # The registers of Viki Print have no place for these while they work by ФФД 1.05 (manual of 31).
    narrow = bare or (v1_05 and profile.settings.line is Line.FM16)
    given = [
        ("/cashless_payments", "1234", bool(receipt.electronic_payments)),
        ("/sectoral_check_props", "a second 1261", len(receipt.industry) > 1 and not v1_05),
        ("/address", "1009", v1_05 and bool(receipt.address)),
        ("/place", "1187", narrow and bool(receipt.place)),
        ("/sender_email", "1117", narrow and bool(receipt.sender_email)),
        ("/device_number", "1036", narrow and bool(receipt.machine_number)),
        ("/customer", "1008", bare and customer is not None and bool(customer.contact)),
        ("/internet", "1125", bare and receipt.internet),
        ("/header_lines", "text in a correction", receipt.correction is not None and bool(receipt.header_lines)),
        ("/footer_lines", "text in a correction", receipt.correction is not None and bool(receipt.footer_lines)),
    ]
    operation = receipt.operation_detail
    seconds = operation is not None and bool(operation.at.second) and not v1_05
    given.append(("/operating_check_props", "seconds of 1273", seconds))
    for index, item in enumerate(receipt.items):
        place = f"/items/{index}"
        given += [
            (f"{place}/sectoral_item_props", "a second 1260", len(item.industry) > 1 and not v1_05),
            (f"{place}/agent_info", "1057", bare and item.agent is not None),
            (f"{place}/supplier_info", "a supplier without an agent", item.supplier is not None and item.agent is None),
        ]
        if not bare:
            yield from _sums(place, receipt, index, profile)
    for pointer, what, there in given:
        if there:
            yield Fault(
                pointer,
                "no_place_in_register",
                f"the register's commands have no place for {what}",
                "Касса не умеет передавать этот реквизит: уберите его или пробейте чек на другой кассе.",
            )


def _sums(place: str, receipt: Receipt, index: int, profile: Profile) -> Iterator[Fault]:
    item = receipt.items[index]
    part = fraction_of(item)
    if part is not None and item.price % part[0] and not profile.settings.devices & DevicesMask.PART_PRICE_IS_TOTAL:
        yield Fault(
            f"{place}/price",
            "register_setting",
            f"setting 4 bit 6: the register wants the price of one of {part[0]} parts, which is no whole kopeck",
            "Включите в кассе передачу общей стоимости части упаковки (таблица настроек 4, бит 6).",
        )
    if item.sum != line_sum(item.price, item.quantity):
        yield Fault(
            f"{place}/sum",
            "sum_computed_by_register",
            "the register computes price x quantity itself; 42 carries no sum",
            "Касса сама считает сумму позиции: разнесите скидку так, чтобы цена на количество давала сумму до копейки.",
        )


def _commands(planner: Planner) -> Iterator[Fault]:
    closing = planner.close()
    commands: list[tuple[str, Asks[Any]]] = [(f"/items/{one.item}/marking", one.check) for one in planner.checks()]
    commands += [("", planner.begin()), *planner.lines(), *([] if closing is None else [("", closing)])]
    return unfit(commands, partial(encode_request, FIRST_ID, ffd=planner.ffd))
