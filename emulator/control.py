"""The control server of an emulator: look at what it did, break it, move its clock (design.md, "Emulator control").

Nothing here is fiscal protocol; it is the hand of the tester. Every answer is JSON except the paper and raw documents;
every error is `{"error": {"code", "detail"}}` with a status of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from emulator.control_server import ControlError, ControlServer, json_answer, json_body
from emulator.marking.book import CodeBook
from emulator.marking.control import MarkingControl
from emulator.permit.control import PermitControl
from emulator.permit.servers import PermitServers
from emulator.place import EmulatedRegister
from emulator.records import DocumentRecord
from emulator.scanners import EmulatedScanner
from emulator.scanners.control import ScannerRoutes
from emulator.shop import Shop

T = TypeVar("T")

#: Things printed (documents, reports, texts) that one picture shows.
DEFAULT_PICTURE, MAX_PICTURE = 20, 100


class Control(ControlServer):
    """HTTP in front of one shop."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        empty = CodeBook()
        self.permit = PermitServers(lambda: empty if shop.oism is None else shop.oism.book, shop.clock)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/state", self.state),
            web.get("/documents", self.documents),
            web.get("/documents/{number}.bin", self.document_bytes),
            web.get("/documents/{number}", self.document),
            web.get("/ofd/documents", self.ofd_documents),
            web.get("/ofd/documents/{number}.bin", self.ofd_document_bytes),
            web.get("/ofd/documents/{number}", self.ofd_document),
            web.post("/ofd/behaviour", self.ofd_behaviour),
            web.get("/paper.txt", self.paper_text),
            web.get("/paper.png", self.paper_image),
            web.post("/reset", self.reset),
            web.get("/faults", self.faults),
            web.post("/faults", self.add_fault),
            web.delete("/faults", self.clear_faults),
            web.delete("/faults/{id}", self.remove_fault),
            web.post("/power", self.power),
            web.post("/paper", self.set_paper),
            web.post("/cover", self.set_cover),
            web.post("/drive", self.set_drive),
            web.get("/clock", self.clock),
            web.post("/clock", self.advance_clock),
            *MarkingControl(self.shop).routes(),
            *PermitControl(self.permit).routes(),
            *ScannerRoutes(self._scanner).under("/scanners/{scanner}"),
        ]

    # --- looking

    async def state(self, request: web.Request) -> web.Response:
        return json_answer(self.shop.state())

    async def documents(self, request: web.Request) -> web.Response:
        """All, or those with a number above `?after=`."""
        return json_answer([record.as_json() for record in self._source(request, _number(request, "after", 0) + 1)])

    async def document(self, request: web.Request) -> web.Response:
        return json_answer(self._one(request, self._source).as_json())

    async def document_bytes(self, request: web.Request) -> web.Response:
        """The document's TLV with its outer tag; the OFD's: the container as it came."""
        return _bytes(self._one(request, self._source))

    async def ofd_documents(self, request: web.Request) -> web.Response:
        return json_answer([record.as_json() for record in self._received(request, _number(request, "after", 0) + 1)])

    async def ofd_document(self, request: web.Request) -> web.Response:
        return json_answer(self._one(request, self._received).as_json())

    async def ofd_document_bytes(self, request: web.Request) -> web.Response:
        return _bytes(self._one(request, self._received))

    async def paper_text(self, request: web.Request) -> web.Response:
        """The whole tape, or the last `?last=` things printed."""
        text = self._register(request).device.paper_text(_number(request, "last", None))
        return web.Response(text=text, content_type="text/plain", charset="utf-8")

    async def paper_image(self, request: web.Request) -> web.Response:
        """The last `?last=` things printed, at most `MAX_PICTURE` of them: a whole day does not fit into a picture."""
        last = min(_number(request, "last", DEFAULT_PICTURE) or 1, MAX_PICTURE)
        return web.Response(body=self._register(request).device.paper_image(last), content_type="image/png")

    # --- acting

    async def reset(self, request: web.Request) -> web.Response:
        """A shop as new: drives, archives, tapes, faults and the OFD's documents are gone, the clock is back."""
        await self.shop.reset()
        self.permit.clear()
        return json_answer({"reset": True})

    async def faults(self, request: web.Request) -> web.Response:
        return json_answer(self._register(request).faults.listed())

    async def add_fault(self, request: web.Request) -> web.Response:
        faults = self._register(request).faults
        try:
            number = faults.add(faults.parse(await json_body(request)))
        except ValueError as error:
            raise ControlError(400, "invalid_fault", str(error)) from None
        return json_answer(next(fault for fault in faults.listed() if fault["id"] == number), 201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """No fault is left, nor what those that struck did to the till: paper, cover, clock, room in the drive."""
        register = self._register(request)
        register.faults.clear()
        register.device.heal()
        return json_answer([])

    async def remove_fault(self, request: web.Request) -> web.Response:
        faults = self._register(request).faults
        text = request.match_info["id"]
        if not text.isdecimal() or not faults.remove(int(text)):
            raise ControlError(404, "unknown_fault", f"no fault {text} is waiting")
        return json_answer(faults.listed())

    async def power(self, request: web.Request) -> web.Response:
        """`{"seconds": 2}`: the power fails now, between commands, and is back after that time."""
        body = await json_body(request)
        seconds = body.get("seconds")
        if set(body) != {"seconds"} or isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ControlError(400, "invalid_body", 'the body is {"seconds": SECONDS}')
        if not 0 <= seconds < 86_400:
            raise ControlError(400, "invalid_body", f"seconds are from 0 to a day, not {seconds}")
        register = self._register(request)
        register.power_fail(seconds)
        return json_answer({"name": register.name, "powered": register.powered})

    async def set_paper(self, request: web.Request) -> web.Response:
        """`{"present": true}`: the operator puts a new roll in (or takes it out)."""
        present = await _flag(request, "present")
        self._register(request).device.set_paper(present=present)
        return json_answer({"present": present})

    async def set_cover(self, request: web.Request) -> web.Response:
        """`{"open": false}`: the operator closes the cover (or opens it)."""
        open_ = await _flag(request, "open")
        self._register(request).device.set_cover(open_=open_)
        return json_answer({"open": open_})

    async def set_drive(self, request: web.Request) -> web.Response:
        """`{"documents_left": 3}`: so many more fit into the drive; `null`: as many as it was made for."""
        body = await json_body(request)
        left = body.get("documents_left")
        if set(body) != {"documents_left"} or isinstance(left, bool) or not isinstance(left, int | None):
            raise ControlError(400, "invalid_body", 'the body is {"documents_left": NUMBER or null}')
        if left is not None and not 0 <= left < 1_000_000_000:
            raise ControlError(400, "invalid_body", f"documents left are from 0 to a thousand million, not {left}")
        drive = self._register(request).device.drive
        drive.leave_room(left)
        return json_answer({"documents_left": drive.resource.documents_left})

    async def ofd_behaviour(self, request: web.Request) -> web.Response:
        """`{"behaviour": word, "count": N}`: so for the next N documents; without `count`, from now on."""
        from emulator.ofd import Behaviour

        if self.shop.ofd is None:
            raise ControlError(404, "no_ofd", "no OFD is part of this emulator")
        body = await json_body(request)
        count = body.get("count")
        if set(body) - {"behaviour", "count"} or body.get("behaviour") not in list(Behaviour):
            raise ControlError(400, "invalid_behaviour", f"behaviour is one of {', '.join(Behaviour)}")
        if count is None:
            self.shop.ofd.behaviour = Behaviour(body["behaviour"])
        elif isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= 1_000_000:
            self.shop.ofd.misbehave(Behaviour(body["behaviour"]), count)
        else:
            raise ControlError(400, "invalid_behaviour", f"count is a whole number from 1, not {count!r}")
        return json_answer({"behaviour": body["behaviour"], "count": count})

    async def clock(self, request: web.Request) -> web.Response:
        return json_answer({"now": self.shop.clock().isoformat()})

    async def advance_clock(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        seconds = body.get("advance")
        if set(body) != {"advance"} or isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ControlError(400, "invalid_clock", 'the body is {"advance": SECONDS}')
        if not 0 <= seconds < 100 * 366 * 86400:
            raise ControlError(400, "invalid_clock", "the clock moves forward only, by less than a hundred years")
        self.shop.clock.advance(seconds)
        return await self.clock(request)

    # --- finding what the request means

    def _register(self, request: web.Request) -> EmulatedRegister:
        registers = self.shop.registers
        name = request.query.get("register")
        if name is None and registers:
            return next(iter(registers.values()))
        if name not in registers:
            known = ", ".join(registers) or "none"
            raise ControlError(404, "unknown_register", f"there is no register {name!r} here; known: {known}")
        return registers[name]

    def _scanner(self, request: web.Request) -> EmulatedScanner:
        name = request.match_info["scanner"]
        if name not in self.shop.scanners:
            known = ", ".join(self.shop.scanners) or "none"
            raise ControlError(404, "unknown_scanner", f"there is no scanner {name!r} here; known: {known}")
        return self.shop.scanners[name]

    def _source(self, request: web.Request, first: int, last: int | None = None) -> list[DocumentRecord]:
        """The drive's documents; the OFD's where there is no register to ask."""
        if not self.shop.registers and "register" not in request.query:
            return self._received(request, first, last)
        return self._register(request).documents(first, last)

    def _received(self, request: web.Request, first: int, last: int | None = None) -> list[DocumentRecord]:
        received = self.shop.received()
        if received is None:
            raise ControlError(404, "no_ofd", "no OFD is part of this emulator")
        drive = request.query.get("fn")
        return [
            record
            for record in received
            if drive in {None, record.drive} and first <= record.number <= (last or record.number)
        ]

    def _one(
        self, request: web.Request, records: Callable[[web.Request, int, int | None], list[DocumentRecord]]
    ) -> DocumentRecord:
        text = request.match_info["number"]
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        for record in records(request, number, number) if number else ():
            return record
        raise ControlError(404, "unknown_document", f"there is no document {text!r}")


def _number(request: web.Request, name: str, default: T) -> int | T:
    """A whole number of the query."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ControlError(400, "invalid_query", f"{name} must be a whole number, not {text!r}")
    return int(text)


def _bytes(record: DocumentRecord) -> web.Response:
    return web.Response(
        body=record.container or record.tlv,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{record.drive}-{record.number}.bin"'},
    )


async def _flag(request: web.Request, name: str) -> bool:
    body = await json_body(request)
    if set(body) != {name} or not isinstance(body[name], bool):
        raise ControlError(400, "invalid_body", f'the body is {{"{name}": true or false}}')
    return bool(body[name])
