"""What keeps a register behind ATOL's web server from making a receipt, all at once and before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

from devices.registers.base import Identity
from devices.registers.faults import registration_faults
from protocols.atol_web.fields import LEAST_QUANTITY
from protocols.ffd.characters import CODINGS
from protocols.ffd.enums import FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.ffd.rules import document_faults, is_plain


def faults(receipt: Receipt, identity: Identity) -> tuple[Fault, ...]:
    """Every fault of a receipt on this register."""
    found = [] if is_plain(receipt) else document_faults(receipt, identity.ffd)
    found += registration_faults(receipt, identity, marking=identity.marking)
    found += _own(receipt, identity)
    return tuple(found)


def unprintable(line: str) -> bool:
    """Whether a register has no character for something in a line of text."""
    return any(all(_lacks(coding, character) for coding in CODINGS) for character in line)


def _lacks(coding: str, character: str) -> bool:
    try:
        return not character.isprintable() or not character.encode(coding)
    except UnicodeEncodeError:
        return True


def _own(receipt: Receipt, identity: Identity) -> Iterator[Fault]:
    """What the server's tasks want besides (atol_json.md §4.2)."""
    for place, lines in (("header_lines", receipt.header_lines), ("footer_lines", receipt.footer_lines)):
        for index, line in enumerate(lines):
            if unprintable(line):
                yield Fault(
                    f"/{place}/{index}",
                    "text_unprintable",
                    "the register cannot print this text",
                    "В тексте символы, которых касса не знает.",
                )
    contact = receipt.customer is not None and receipt.customer.contact
    if not receipt.print_paper and not contact:
        yield Fault(
            "/customer",
            "electronic_needs_contact",
            "the server makes a receipt without paper only for a buyer with an e-mail or phone",
            "Чек без печати веб-сервер АТОЛ пробивает только с почтой или телефоном покупателя.",
        )
    if receipt.internet and not (receipt.place or identity.place):
        yield Fault(
            "/place",
            "internet_needs_place",
            "a receipt of the Internet needs the place of settlement, and the registration has none",
            "Для чека, пробитого в интернете, укажите место расчётов (place).",
        )
    for index, item in enumerate(receipt.items):
        if item.quantity < LEAST_QUANTITY:
            yield Fault(
                f"/items/{index}/quantity",
                "quantity_too_small",
                f"{item.quantity}: the server takes {LEAST_QUANTITY} at least",
                f"Количество меньше {LEAST_QUANTITY} веб-сервер АТОЛ не принимает.",
            )
    if receipt.correction is not None and receipt.correction.description and identity.ffd is FfdVersion.V1_05:
        yield Fault(
            "/correction/description",
            "correction_description_impossible",
            "the server's tasks have no place for the description of a correction (1177)",
            "Описание коррекции (тег 1177) веб-сервер АТОЛ не принимает: уберите его.",
        )
