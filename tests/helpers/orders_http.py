"""An order of the shop as its callers tell of it over HTTP."""

from __future__ import annotations

from typing import Any

from api_world import World

ORDERS = "/api/v1/orders"
SHOES = "04600439931256"


def a_line(**changes: Any) -> dict[str, Any]:
    line = {"id": "boots", "name": "Ботинки", "price": "4700.00", "quantity": 1, "vat": "vat22", **changes}
    return {key: value for key, value in line.items() if value is not None}


FEE = {
    "id": "fee",
    "name": "Доставка",
    "price": "300.00",
    "quantity": 1,
    "vat": "none",
    "payment_object": "service",
}


def an_order(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """5000.00 unless told otherwise."""
    return {"items": list(lines) or [a_line(), FEE], "taxation": "osn", **changes}


def paid(key: str, amount: str, method: str = "sbp", **more: Any) -> dict[str, Any]:
    return {"id": key, "type": "payment", "sum": amount, "method": method, **more}


def code(number: int, gtin: str = SHOES) -> str:
    return f"01{gtin}21abc{number:04}\x1d93dGVz"


_CYRILLIC = str.maketrans("AbCdEGVz", "ФиСвУПМя")


def forms_of(text: str) -> list[str]:
    """What scanners, keyboards and programs make of a code: as it is first."""
    return [
        text,
        "]d2" + text,
        "\x1d" + text,
        "\u00e8" + text,
        text.replace("\x1d", ""),
        text.replace("\x1d", "<GS>"),
        text + "\r\n",
        f"  {text} ",
        text.translate(_CYRILLIC),
    ]


class Caller:
    """Tells of one order."""

    def __init__(self, world: World, number: str = "1001") -> None:
        self.world = world
        self.path = f"{ORDERS}/{number}"

    async def put(self, body: Any = None, **rest: Any) -> tuple[int, Any]:
        status, answer, _ = await self.world.call("PUT", self.path, json=body or an_order(), **rest)
        return status, answer

    async def tell(self, event: Any, *, wait: float = 10, **rest: Any) -> tuple[int, Any]:
        query = f"?wait={wait}" if wait else ""
        status, answer, _ = await self.world.post(f"{self.path}/events{query}", event, **rest)
        return status, answer

    async def plan(self, event: Any) -> tuple[int, Any]:
        status, answer, _ = await self.world.post(f"{self.path}/plan", event)
        return status, answer

    async def scan(self, text: str, **more: Any) -> tuple[int, Any]:
        status, answer, _ = await self.world.post(f"{self.path}/scans", {"code": text, **more})
        return status, answer

    async def get(self) -> Any:
        status, answer, _ = await self.world.get(f"{self.path}?wait=60")
        assert status == 200, answer
        return answer


def chain(order: Any) -> list[tuple[str, str, str]]:
    """(kind, state, total) of every document."""
    return [(made["kind"], made["state"], made["total"]) for made in order["documents"]]


def faults(problem: Any) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in problem.get("errors", [])]
