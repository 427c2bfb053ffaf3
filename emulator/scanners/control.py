"""The control server of an emulated scanner: pull its trigger, break it, see what it sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from aiohttp import web

from emulator.control_server import ControlError, ControlServer, json_answer, json_body
from emulator.scanners.faults import FAULTS, from_json
from emulator.scanners.scanner import EmulatedScanner


class ScannerRoutes:
    """The calls of one scanner, under any path; `find` tells which one a request means."""

    def __init__(self, find: Callable[[web.Request], EmulatedScanner]) -> None:
        self._find = find

    def under(self, path: str) -> list[web.RouteDef]:
        return [
            web.get(f"{path}/state", self.state),
            web.get(f"{path}/scans", self.scans),
            web.post(f"{path}/scan", self.scan),
            web.get(f"{path}/faults", self.faults),
            web.post(f"{path}/faults", self.add_fault),
            web.delete(f"{path}/faults", self.clear_faults),
            web.delete(f"{path}/faults/{{id}}", self.remove_fault),
            web.post(f"{path}/reset", self.reset),
        ]

    async def state(self, request: web.Request) -> web.Response:
        return json_answer(self._find(request).state())

    async def scans(self, request: web.Request) -> web.Response:
        return json_answer([one.as_json() for one in self._find(request).scans()])

    async def scan(self, request: web.Request) -> web.Response:
        """`{"code" (GS as U+001D) or "code_base64", "symbology"?: "]d2" or null}`; answers what was sent."""
        body = await json_body(request)
        code = _code(body)
        symbology = body.get("symbology", "]d2")
        if not isinstance(symbology, str | None):
            raise ControlError(400, "invalid_body", "symbology is an AIM id such as ]d2, or null")
        try:
            done = await self._find(request).scan(code, symbology)
        except ValueError as error:
            raise ControlError(422, "unsendable_code", str(error)) from None
        return json_answer(done.as_json())

    async def faults(self, request: web.Request) -> web.Response:
        return json_answer(self._find(request).faults.listed())

    async def add_fault(self, request: web.Request) -> web.Response:
        """`{"kind", "count"?: 1, "seconds"?}`, for the next scans."""
        faults = self._find(request).faults
        try:
            number = faults.add(from_json(await json_body(request)))
        except ValueError as error:
            raise ControlError(400, "invalid_fault", str(error)) from None
        return json_answer(next(fault for fault in faults.listed() if fault["id"] == number), 201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._find(request).faults.clear()
        return json_answer([])

    async def remove_fault(self, request: web.Request) -> web.Response:
        text = request.match_info["id"]
        if not text.isdecimal() or not self._find(request).faults.remove(int(text)):
            raise ControlError(404, "unknown_fault", f"no fault {text} is waiting")
        return json_answer(self._find(request).faults.listed())

    async def reset(self, request: web.Request) -> web.Response:
        self._find(request).reset()
        return json_answer({"reset": True})


class ScannerControl(ControlServer):
    """HTTP in front of one scanner."""

    def __init__(self, scanner: EmulatedScanner) -> None:
        super().__init__()
        self._scanner = scanner

    def routes(self) -> list[web.RouteDef]:
        return ScannerRoutes(lambda _: self._scanner).under("")


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
