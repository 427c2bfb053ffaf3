"""A gateway's shop on the emulated register with permit mode: services, register and ОИСМ share one book of codes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from emulated_house import NAME, EmulatedHouse
from permit_kit import CDN, InProcess

from emulator.permit.faults import Fault, Kind
from emulator.permit.servers import PermitServers
from gateway.journal.records import PermitVerdict
from gateway.marking.permit import Permit, PermitSettings, build
from gateway.receipts.normalise import accept
from protocols.ffd.numbers import T
from protocols.ffd.tlv import all_of, decode

CIS = "010460000000001521{:06d}"


def line(number: int, **more: Any) -> dict[str, Any]:
    """A marked line of a receipt's body."""
    return {
        "name": f"Ботинки {number}",
        "price": "4990.00",
        "quantity": 1,
        "payment_method": "full_payment",
        "payment_object": "commodity_with_marking",
        "vat": "vat22",
        "marking": {"code": CIS.format(number) + "\x1d93dGVz"},
        **more,
    }


def receipt(now: Callable[[], datetime], *lines: Mapping[str, Any], **more: Any) -> str:
    """The normal form of a receipt (with `correction` a correction) of these lines, paid in cash."""
    total = sum(int(one["price"].partition(".")[0]) for one in lines)
    raw = {
        "operation": "sell",
        "taxation": "osn",
        "items": list(lines),
        "payments": [{"type": "cash", "sum": f"{total}.00"}],
        **more,
    }
    return accept(raw, now, correction="correction" in raw).canonical


class PermitHouse(EmulatedHouse):
    """`sections` are those of `[permit]`."""

    def __init__(self, directory: Path, *sections: Mapping[str, Any], link: str = "emulated:shtrih") -> None:
        super().__init__(directory, link)
        self.sections = {name: part for one in sections or (CDN,) for name, part in one.items()}

    async def switch_on(self, *, seed: int | None = 7) -> None:
        await super().switch_on(seed=seed)
        oism = self.embedded.shop.oism
        assert oism is not None
        self.book = oism.book
        self.servers = PermitServers(lambda: self.book, self.now)
        self.line = InProcess(self.servers)

    def permit(self) -> Permit | None:
        settings = PermitSettings.model_validate(self.sections)
        return build(settings, now=self.now, rng=random.Random(1), program_version="1", transport=self.line)

    def fault(self, kind: Kind, server: str | None = None, **more: Any) -> None:
        self.servers.faults.append(Fault(kind, server, **more))

    def body(self, *lines: Mapping[str, Any], **more: Any) -> str:
        """A receipt of these lines."""
        return receipt(self.now, *lines, **more)

    def requisites(self, place: int = -1) -> list[str | None]:
        """Tag 1265 of each line of a receipt in the drive."""
        elements = decode(self.receipts()[place].tlv[4:])
        return [_value(item.value) for item in all_of(elements, T.ITEM)]

    def documents(self) -> int:
        """Of any kind, shifts too, since the registration."""
        return len(self.embedded.shop.registers[NAME].documents())

    async def verdicts(self, job_id: str) -> list[PermitVerdict]:
        return await self.journal.verdicts(job_id)


def _value(item: object) -> str | None:
    assert isinstance(item, tuple)
    for detail in all_of(item, T.ITEM_INDUSTRY_ATTRIBUTE):
        assert isinstance(detail.value, tuple)
        parts: dict[int, Any] = {int(part.tag): part.value for part in detail.value}
        if (parts[1262], parts[1263], parts[1264]) == ("030", "21.11.2023", "1944"):
            return str(parts[1265])
    return None
