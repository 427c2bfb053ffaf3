"""A Shtrih-M device with its power on, and a host's end of a pipe for each connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random

from register_bench import START
from shtrih_kit import ADMIN

from emulator.channels import PipeEnd, pipe
from emulator.families import FAMILIES
from emulator.faults import Faults, parse_fault
from emulator.registers.base import Power, Settings
from emulator.registers.shtrih import ShtrihDevice, build
from emulator.storage import Storage
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands import state as s
from protocols.shtrih.framing import encode_v1

ENQ, ACK, NAK = b"\x05", b"\x06", b"\x15"
STATUS = encode_v1(encode_request(s.ShortStatus(ADMIN)))


class Stand:
    """A device with its power on, and a host's end of a pipe for each connection."""

    def __init__(self, *faults: str, storage: Storage | None = None, **settings: object) -> None:
        names = FAMILIES["shtrih"].command_code
        self.faults = Faults(Random(3), names)
        for fault in faults:
            self.faults.add(parse_fault(fault, names))
        self.storage = storage or Storage()
        self.ended_by: object = None  # what the last connection's handler ended with
        self._waited = timedelta()
        power = Power(
            settings=Settings(**settings),
            storage=self.storage,
            now=self.now,
            random=Random(1),
            faults=self.faults,
            by_hand=lambda seconds, act: asyncio.get_running_loop().call_later(seconds, act, self.device),
        )
        self.device: ShtrihDevice = build(power)

    def now(self) -> datetime:
        return START + self._waited

    def wait(self, seconds: float) -> None:
        """The shop's clock goes on."""
        self._waited += timedelta(seconds=seconds)

    @asynccontextmanager
    async def connected(self, *, network: bool = False) -> AsyncIterator[PipeEnd]:
        host, device = pipe()
        device.network = network
        task = asyncio.create_task(self.device.serve(device))
        try:
            yield host
        finally:
            host.close()
            task.cancel()
            (self.ended_by,) = await asyncio.gather(task, return_exceptions=True)


async def said(host: PipeEnd, data: bytes = b"", timeout: float = 0.05) -> bytes:
    """Everything the device says to these bytes until it falls silent."""
    await host.write(data)
    got = b""
    while more := await host.read(timeout):
        got += more
    return got


def reply_to(answer: bytes) -> bytes:
    """The message of `ACK STX LEN message LRC`."""
    assert answer[:2] == ACK + b"\x02"
    assert len(answer) == answer[2] + 4
    return answer[3:-1]


async def told(host: PipeEnd, request: object) -> bytes:
    """One whole exchange: ENQ, frame, answer, ACK."""
    assert await said(host, ENQ) == NAK
    answer = reply_to(await said(host, encode_v1(encode_request(request))))
    assert await said(host, ACK) == b""
    return answer
