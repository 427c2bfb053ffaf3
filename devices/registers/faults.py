"""What keeps any register, whatever its family, from making a receipt, as far as its registration tells.

The families ask ФФД's own rules too and add what their commands and settings do (`Register.faults`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from typing import TypeVar

from devices.registers.base import Identity
from protocols.ffd.enums import FfdVersion, Taxation, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt

#: Why a register cannot print a rate; None where it can. The pointer is left empty.
RateFault = Callable[[Vat], Fault | None]
C = TypeVar("C")


def registration_faults(
    receipt: Receipt, identity: Identity, *, marking: bool, rate_fault: RateFault | None = None
) -> Iterator[Fault]:
    """Every fault that shows in the register's registration.

    `marking`: it may sell marked goods by ФФД 1.2. `rate_fault`: where a family knows more of its rates.
    """
    taxation = taxation_fault(receipt.taxation, identity.taxations)
    if taxation is not None:
        yield taxation
    of = rate_fault or _rate_fault(identity)
    rates = {vat: of(vat) for vat in {item.vat for item in receipt.items}}
    written = marking or identity.ffd is not FfdVersion.V1_2
    for index, item in enumerate(receipt.items):
        rate = rates[item.vat]
        if rate is not None:
            yield Fault(f"/items/{index}/vat", rate.code, rate.message, rate.hint)
        if item.marking is not None and not written:
            yield Fault(
                f"/items/{index}/marking",
                "marking_not_registered",
                "the register is not registered for marked goods",
                "Касса зарегистрирована без признака торговли маркированными товарами.",
            )


def unfit(commands: Iterable[tuple[str, C]], encode: Callable[[C], object]) -> Iterator[Fault]:
    """What the fields of the commands, each with the place in the caller's body that it carries, are too narrow for."""
    for pointer, command in commands:
        try:
            encode(command)
        except ValueError as error:
            yield Fault(
                pointer,
                "receipt_does_not_fit",
                f"it does not fit the register's commands: {error}",
                "Касса не примет эти данные: проверьте названия, количества и суммы.",
            )


def taxation_fault(asked: Taxation | None, registered: Set[Taxation]) -> Fault | None:
    """Why the register cannot write 1055; None where it can. Nothing asked is fine where there is one only."""
    known = ", ".join(sorted(registered)) or "none"
    if asked is None and len(registered) > 1:
        return Fault(
            "/taxation",
            "taxation_ambiguous",
            f"the register is registered with several tax systems ({known}); say which",
            "Касса зарегистрирована с несколькими СНО: укажите систему налогообложения в чеке.",
        )
    if asked in registered or (asked is None and registered):
        return None
    return Fault(
        "/taxation",
        "taxation_not_registered",
        f"{asked or 'left out'}, the register is registered for {known}",
        "Укажите систему налогообложения, с которой зарегистрирована касса.",
    )


def _rate_fault(identity: Identity) -> RateFault:
    def fault(vat: Vat) -> Fault | None:
        if vat in identity.vat_rates:
            return None
        return Fault(
            "",
            "vat_not_in_register",
            f"the register's settings leave it no {vat}",
            "Такой ставки НДС в кассе нет, или её настройки заменят ставку другой.",
        )

    return fault
