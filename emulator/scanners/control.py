"""The control server of an emulated scanner: pull its trigger, break it, see what it sent."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web

from emulator.control_server import ControlError, ControlServer, json_answer, json_body
from emulator.scanners.faults import FAULTS, from_json
from emulator.scanners.scanner import EmulatedScanner


class ScannerControl(ControlServer):
    """HTTP in front of one scanner."""

    def __init__(self, scanner: EmulatedScanner) -> None:
        super().__init__()
        self.scanner = scanner

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/state", self.state),
            web.get("/scans", self.scans),
            web.post("/scan", self.scan),
            web.get("/faults", self.faults),
            web.post("/faults", self.add_fault),
            web.delete("/faults", self.clear_faults),
            web.delete("/faults/{id}", self.remove_fault),
            web.post("/reset", self.reset),
        ]

    async def state(self, request: web.Request) -> web.Response:
        return json_answer(self.scanner.state())

    async def scans(self, request: web.Request) -> web.Response:
        return json_answer([one.as_json() for one in self.scanner.scans()])

    async def scan(self, request: web.Request) -> web.Response:
        """`{"code" (GS as U+001D) or "code_base64", "symbology"?: "]d2" or null}`; answers what was sent."""
        body = await json_body(request)
        code = _code(body)
        symbology = body.get("symbology", "]d2")
        if not isinstance(symbology, str | None):
            raise ControlError(400, "invalid_body", "symbology is an AIM id such as ]d2, or null")
        try:
            done = await self.scanner.scan(code, symbology)
        except ValueError as error:
            raise ControlError(422, "unsendable_code", str(error)) from None
        return json_answer(done.as_json())

    async def faults(self, request: web.Request) -> web.Response:
        return json_answer(self.scanner.faults.listed())

    async def add_fault(self, request: web.Request) -> web.Response:
        """`{"kind", "count"?: 1, "seconds"?}`, for the next scans."""
        faults = self.scanner.faults
        try:
            number = faults.add(from_json(await json_body(request)))
        except ValueError as error:
            raise ControlError(400, "invalid_fault", str(error)) from None
        return json_answer(next(fault for fault in faults.listed() if fault["id"] == number), 201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.scanner.faults.clear()
        return json_answer([])

    async def remove_fault(self, request: web.Request) -> web.Response:
        text = request.match_info["id"]
        if not text.isdecimal() or not self.scanner.faults.remove(int(text)):
            raise ControlError(404, "unknown_fault", f"no fault {text} is waiting")
        return json_answer(self.scanner.faults.listed())

    async def reset(self, request: web.Request) -> web.Response:
        self.scanner.reset()
        return json_answer({"reset": True})


def fault_rows() -> dict[str, dict[str, Any]]:
    """Every kind as `faults --json` shows it."""
    return {
        str(kind): {"what": row.what, "as": sorted(row.kinds), "seconds": row.seconds} for kind, row in FAULTS.items()
    }


def _code(body: dict[str, Any]) -> bytes:
    unknown = sorted(set(body) - {"code", "code_base64", "symbology"})
    if unknown or ("code" in body) == ("code_base64" in body):
        raise ControlError(400, "invalid_body", 'the body is {"code"} or {"code_base64"}, and "symbology" if need be')
    try:
        text = body.get("code")
        code = base64.b64decode(body["code_base64"], validate=True) if text is None else text.encode("ascii")
    except (AttributeError, TypeError, UnicodeEncodeError, binascii.Error) as error:
        raise ControlError(400, "invalid_body", f"code is ASCII text, code_base64 is base64 ({error})") from None
    if not 1 <= len(code) <= 4096:
        raise ControlError(400, "invalid_body", "a code has 1 to 4096 bytes")
    return bytes(code)
