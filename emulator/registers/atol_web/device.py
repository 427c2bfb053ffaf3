"""The machine that ATOL's web server runs on, its register at it: one power for both."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web

from emulator.channels import Channel
from emulator.registers.assembly import usual_drive
from emulator.registers.atol_web import connection
from emulator.registers.atol_web.devices import Devices
from emulator.registers.atol_web.http import MAX_BODY, Api, middleware, v1_routes
from emulator.registers.atol_web.line import RegisterLine
from emulator.registers.atol_web.queries import shift_state
from emulator.registers.atol_web.queue import Queue
from emulator.registers.atol_web.register import AtolWebRegister
from emulator.registers.atol_web.v2 import Version2
from emulator.registers.atol_web.worker import Worker
from emulator.registers.base import Power
from emulator.registers.device import RegisterDevice

#: aiohttp writes a traceback for every line that is no HTTP.
_quiet = logging.getLogger("emulator.atol_web.connections")
_quiet.setLevel(logging.CRITICAL)


class AtolWebDevice(RegisterDevice):
    """The queue works while the power is on, whether or not anybody is connected."""

    register: AtolWebRegister

    def __init__(self, power: Power, register: AtolWebRegister) -> None:
        super().__init__(power, register)
        core = register.core
        self._line = RegisterLine(register, power)
        self.devices = Devices(core.memory, power.settings.name)
        self.queue = Queue(power.storage, core.memory, power.now)
        core.save()
        self._worker = Worker(
            self.queue, self._line, lambda: self.devices.settings, lambda: self.devices.active, power.fail
        )
        self._working = asyncio.get_running_loop().create_task(self._worker.run())
        quirks = power.settings.quirks
        self._api = Api(self.queue, self.devices, power.faults, self._worker.wake, power.fail, quirks)
        self._http: asyncio.Task[web.Server] | None = None

    async def serve(self, channel: Channel) -> None:
        if self._http is None:
            self._http = asyncio.get_running_loop().create_task(self._served())
        server = await self._http
        await connection.serve(channel, server)

    async def _served(self) -> web.Server:
        version2 = Version2(self._api, self._line.do, self.register.core.save, self._power.now)
        app = web.Application(middlewares=[middleware(self._power.settings.quirks)], client_max_size=MAX_BODY)
        app.add_routes([*v1_routes(self._api), *version2.routes()])
        app.router.add_route("OPTIONS", "/{path:.*}", _nothing)
        runner = web.AppRunner(app, access_log=None, logger=_quiet)
        await runner.setup()
        assert runner.server is not None
        return runner.server

    def power_off(self) -> None:
        self._working.cancel()
        self._line.cut()

    def own_state(self) -> dict[str, Any]:
        core = self.register.core
        queue = self.queue.status(self.devices.get(None).id)
        waiting = queue.model_dump(by_alias=True, exclude={"ready", "canceled"})
        return {"mode": shift_state(core), "queue": waiting}


async def _nothing(request: web.Request) -> web.Response:
    """The preflight is answered before it comes here."""
    return web.Response()


def build(power: Power) -> AtolWebDevice:
    """The device that a shop switches on."""
    settings = power.settings
    register = AtolWebRegister(
        usual_drive(power),
        power.storage,
        now=power.now,
        rng=power.random,
        quirks=settings.quirks,
        real_speed=settings.real_speed,
    )
    return AtolWebDevice(power, register)
