"""An emulated ATOL web server in one process and in virtual time: HTTP by hand over a pipe, power that comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from emulator.channels import PipeEnd, pipe
from emulator.faults import Faults, parse_fault
from emulator.fiscal_drive import StoredDocument
from emulator.plans import Plan, RegisterPlan
from emulator.registers.atol_web import AtolWebDevice, build, command_code
from emulator.registers.base import AskOism, Power, Settings, nobody
from emulator.rim import Clock
from emulator.shop import Shop
from emulator.storage import Storage
from protocols.atol_web import text
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element

MOSCOW = timezone(timedelta(hours=3))
START = datetime(2026, 3, 2, 9, 15, tzinfo=MOSCOW)
OPERATOR = {"name": "Иванова А. А.", "vatin": "500100732259"}


class WebBench:
    """`call` is one HTTP exchange: status and JSON (text where it is none). `on` switches the machine on anew."""

    def __init__(
        self,
        ffd: FfdVersion = FfdVersion.V1_2,
        *,
        quirks: frozenset[str] = frozenset(),
        ask_oism: AskOism = nobody,
        storage: Storage | None = None,
    ) -> None:
        self.storage = storage or Storage()
        self.faults = Faults(Random(2), command_code)
        self._settings = Settings(ffd=ffd, quirks=quirks)
        self._ask_oism = ask_oism
        self._random = Random(1)
        self._hands: list[asyncio.TimerHandle] = []
        self._connections: list[asyncio.Task[None]] = []
        self.later = timedelta()
        self.losses = 0
        self.device: AtolWebDevice
        self.on()

    def now(self) -> datetime:
        return START + self.later + timedelta(seconds=asyncio.get_running_loop().time())

    def on(self) -> None:
        self.device = build(
            Power(
                settings=self._settings,
                storage=self.storage,
                now=self.now,
                random=self._random,
                faults=self.faults,
                by_hand=lambda seconds, act: self._hands.append(
                    asyncio.get_running_loop().call_later(seconds, lambda: act(self.device))
                ),
                ask_oism=self._ask_oism,
                fail=self._fail,
            )
        )

    def _fail(self, seconds: float) -> None:
        self.losses += 1
        self.device.power_off()
        asyncio.get_running_loop().call_later(seconds, self.on)

    def fault(self, words: str) -> None:
        self.faults.add(parse_fault(words, command_code))

    def connect(self) -> PipeEnd:
        host, far = pipe("http")
        serving = asyncio.get_running_loop().create_task(self.device.serve(far))
        self._connections.append(serving)
        return host

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status 0: the server hung up without an answer."""
        host = self.connect()
        data = body if isinstance(body, bytes) else b"" if body is None else text.write(body)
        lines = [f"{method} {path} HTTP/1.1", "Host: kkt", "Connection: close", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await host.write("\r\n".join([*lines, "", ""]).encode() + data)
        answer = b""
        while chunk := await host.read():
            answer += chunk
        if not answer:
            return 0, None
        head, _, content = answer.partition(b"\r\n\r\n")
        self.headers = head.decode().lower()
        return int(head.split(b" ")[1]), text.read(content) if b"application/json" in head else content.decode()

    async def post(self, uuid: str, *tasks: Mapping[str, Any], v2: bool = True) -> Any:
        path = "/api/v2/requests" if v2 else "/requests"
        status, answer = await self.call("POST", path, {"uuid": uuid, "request": list(tasks)})
        assert status == 201, (status, answer)
        return answer

    async def results(self, uuid: str) -> list[Any]:
        """As they are now."""
        _, answer = await self.call("GET", f"/api/v2/requests/{uuid}")
        return list(answer["results"])

    async def ended(self, uuid: str) -> list[Any]:
        """When all of them are over."""
        while True:
            found = await self.results(uuid)
            if all(one["status"] not in {"wait", "inProgress", "blocked"} for one in found):
                return found
            await asyncio.sleep(0.05)

    async def do(self, *tasks: Mapping[str, Any]) -> list[Any]:
        uuid = f"u{self._random.randrange(10**9)}"
        await self.post(uuid, *tasks)
        return await self.ended(uuid)

    async def one(self, task: str, **fields: Any) -> Any:
        """The result of a task that must go well."""
        (done,) = await self.do({"type": task, **fields})
        assert done["status"] == "ready", done
        return done["result"]

    async def queue(self) -> Any:
        _, answer = await self.call("GET", "/api/v2/getRequestsQueueStatus")
        return answer

    def document(self, number: int | None = None) -> StoredDocument:
        found = self.device.drive.document(self.device.drive.last_document if number is None else number)
        assert found is not None
        return found

    def elements(self, number: int | None = None) -> tuple[Element, ...]:
        return self.document(number).elements

    @property
    def last(self) -> int:
        return self.device.drive.last_document


def position(price: Any = 100, **more: Any) -> dict[str, Any]:
    given = {"type": "position", "name": "Молоко 1л", "price": price, "quantity": 1, "amount": price}
    given |= {"paymentMethod": "fullPayment", "paymentObject": "commodity", "tax": {"type": "vat10"}}
    return given | more


def sale(*items: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Paid in cash, exactly."""
    lines = items or (position(),)
    total = sum(line["amount"] for line in lines)
    given = {"type": "sell", "taxationType": "osn", "operator": OPERATOR, "items": list(lines)}
    return given | {"payments": [{"type": "cash", "sum": total}]} | more


class ShopBench(WebBench):
    """The same in a shop with a marking system."""

    def __init__(self, ffd: FfdVersion = FfdVersion.V1_2, *, oism: bool = True) -> None:
        settings = Settings(ffd=ffd)
        plan = Plan(registers=(RegisterPlan(settings=settings, family="atol-web"),), with_oism=oism)
        clock = Clock(START, local=MOSCOW, ticks=asyncio.get_running_loop().time)
        self.shop = Shop(plan, clock=clock, random=Random(1))
        self._random = Random(1)

    def connect(self) -> PipeEnd:
        return self.shop.connect("kkt-1")

    async def __aenter__(self) -> ShopBench:
        await self.shop.start()
        device = self.shop.registers["kkt-1"].device
        assert isinstance(device, AtolWebDevice)
        self.device = device
        self.faults = self.shop.registers["kkt-1"].faults
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shop.close()
