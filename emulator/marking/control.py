"""The tester's hand on the marking system: what is known of codes, how the ОИСМ behaves, what came to it.

`PUT /codes/{cis}` is in design.md. A code in the address is КИ or the whole scanned code, percent-encoded.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from emulator.control_server import ControlError, json_answer, json_body
from emulator.marking.oism import OismServer, parse_misbehaviour
from emulator.marking.reading import marked
from emulator.shop import Shop
from protocols.ffd import tree
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import decode

_LONGEST_CODE = 256


class MarkingControl:
    """Routes for one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/codes", self.codes),
            web.get("/codes/{cis:.+}", self.code),
            web.put("/codes/{cis:.+}", self.put_code),
            web.delete("/codes/{cis:.+}", self.forget_code),
            web.get("/oism/requests", self.requests),
            web.get("/oism/notifications", self.received),
            web.post("/oism/behaviour", self.behave),
            web.get("/notifications", self.notifications),
        ]

    # --- codes

    async def codes(self, request: web.Request) -> web.Response:
        """Every code that somebody told of, or a notification."""
        return json_answer([facts.as_json() for facts in self._oism.book.known()])

    async def code(self, request: web.Request) -> web.Response:
        """A code nobody told of is shown as it is taken: in circulation, `known` false."""
        return json_answer(self._oism.book.facts(_cis(request)).as_json())

    async def put_code(self, request: web.Request) -> web.Response:
        """`{"status": "sold"}`, `{"blocked": true}`, … (`CodeFacts`): changes what is given, keeps the rest."""
        cis, changes = _cis(request), await json_body(request)
        try:
            facts = self._oism.book.put(cis, changes)
        except ValueError as error:
            raise ControlError(400, "invalid_code", str(error)) from None
        return json_answer(facts.as_json())

    async def forget_code(self, request: web.Request) -> web.Response:
        """As if nobody had ever told of it."""
        cis = _cis(request)
        self._oism.book.forget(cis)
        return json_answer(self._oism.book.facts(cis).as_json())

    # --- the ОИСМ

    async def requests(self, request: web.Request) -> web.Response:
        """What was asked lately and how it was judged."""
        return json_answer(self._oism.requests())

    async def received(self, request: web.Request) -> web.Response:
        """Documents 82 as they came, of one drive with `?fn=`."""
        return json_answer(
            [_shown(fn, number, tlv) for fn, number, tlv in self._oism.notifications(request.query.get("fn"))]
        )

    async def behave(self, request: web.Request) -> web.Response:
        """`{"behaviour": word, "count": N, "seconds": S}`: so for the next N messages; without `count`, from now on."""
        body = await json_body(request)
        unknown = sorted(set(body) - {"behaviour", "count", "seconds"})
        if unknown or not all(type(value) in {int, float} for name, value in body.items() if name != "behaviour"):
            raise ControlError(
                400, "invalid_behaviour", "the body is a behaviour's word, and count and seconds as numbers"
            )
        options = ",".join(f"{name}={value}" for name, value in body.items() if name != "behaviour")
        try:
            how, count = parse_misbehaviour(f"{body.get('behaviour')}:{options}")
        except ValueError as error:
            raise ControlError(400, "invalid_behaviour", str(error)) from None
        self._oism.misbehave(how, count)
        return json_answer({"behaviour": str(how.kind), "count": count, "seconds": how.seconds})

    # --- drives

    async def notifications(self, request: web.Request) -> web.Response:
        """What the drive of `?register=` (the first without it) has made, delivered or waiting."""
        registers = self._shop.registers
        name = request.query.get("register", next(iter(registers), ""))
        if name not in registers:
            known = ", ".join(registers) or "none"
            raise ControlError(404, "unknown_register", f"there is no register {name!r} here; known: {known}")
        drive = registers[name].device.drive
        return json_answer(
            [
                _shown(drive.number, each.number, each.tlv)
                | {"document": each.document, "delivered": each.delivered}
                | {"receipt": each.receipt.hex() if each.receipt else None}
                for each in drive.marking.all_notifications()
            ]
        )

    @property
    def _oism(self) -> OismServer:
        if self._shop.oism is None:
            raise ControlError(404, "no_oism", "no marking system is part of this emulator")
        return self._shop.oism


def _cis(request: web.Request) -> str:
    text = request.match_info["cis"]
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        raise ControlError(400, "invalid_code", "a marking code is ASCII") from None
    if len(data) > _LONGEST_CODE:
        raise ControlError(400, "invalid_code", f"a marking code has at most {_LONGEST_CODE} characters")
    code = marked(data)
    return text if code is None else code.cis


def _shown(fn: str, number: int, tlv: bytes) -> dict[str, Any]:
    """A document 82; the tags as `tree` shows them."""
    return {
        "fn": fn,
        "number": number,
        "code": int(DocumentCode.MARKING_NOTIFICATION),
        "tlv": tlv.hex(),
        "tags": tree.to_json(decode(tlv[4:])),
    }
